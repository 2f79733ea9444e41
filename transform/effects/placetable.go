package effects

// Where things stand in a list that grows, by a hash of what they are. A map would keep all of them once more as its keys.

import "math/bits"

// placeTable has, at the hash of a thing or after it, its place in the list, counted from 1. It is as long as a power of two, and at
// most half full.
type placeTable []int32

// find returns the place of the thing of a hash of which is says that it is the one; -1 where there is none.
func (t placeTable) find(hash uint32, is func(place int32) bool) int32 {
	if len(t) == 0 {
		return -1
	}
	for i := t.first(hash); t[i] > 0; i = (i + 1) & (len(t) - 1) {
		if is(t[i] - 1) {
			return t[i] - 1
		}
	}
	return -1
}

// grown notes the last of n things, and all of them where there are too many for the table.
func (t placeTable) grown(n int, hash func(place int32) uint32) placeTable {
	from := n - 1
	if 2*n > len(t) {
		t, from = make(placeTable, 1<<bits.Len(uint(4*n-1))), 0
	}
	for place := from; place < n; place++ {
		i := t.first(hash(int32(place)))
		for t[i] > 0 {
			i = (i + 1) & (len(t) - 1)
		}
		t[i] = int32(place) + 1
	}
	return t
}

func (t placeTable) first(hash uint32) int { return int(hash>>7) & (len(t) - 1) }

// mixed is a hash of numbers.
func mixed(numbers ...uint32) uint32 {
	h := uint32(2166136261)
	for _, n := range numbers {
		h = (h ^ n) * 0x9E3779B1
		h ^= h >> 15
	}
	return h
}

// hash tells effects apart as alike does, for the most part.
func (e *Effect) hash() uint32 {
	class := uint32(0)
	if e.Class != nil {
		class = uint32(e.Class.Number()) + 1
	}
	is := uint32(e.Kind) | uint32(e.Mode)<<4
	if e.Raw {
		is |= 1 << 8
	}
	if e.Sure {
		is |= 1 << 9
	}
	if e.Maybe {
		is |= 1 << 10
	}
	return mixed(uint32(e.Region), class, is, uint32(e.Under), uint32(e.locks), hashOf(e.Field))
}

// hash tells regions apart as their keys do, for the most part.
func (r *Region) hash() uint32 {
	return mixed(uint32(r.Num), uint32(r.Parent), uint32(r.Root)|uint32(r.moved)<<8, hashOf(r.Name))
}

func hashOf(text string) uint32 {
	h := uint32(len(text))
	for i := 0; i < len(text); i++ {
		h = h*31 + uint32(text[i])
	}
	return h
}
