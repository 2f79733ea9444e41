module pyxlock/bench/islands

go 1.26.0

require (
	github.com/alecthomas/participle/v2 v2.1.4
	pyxlock v0.0.0
)

require golang.org/x/text v0.43.0 // indirect

replace pyxlock => ../..
