module pyxlock

go 1.26
