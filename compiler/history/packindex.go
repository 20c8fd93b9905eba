package history

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"

	"github.com/go-git/go-git/v5/plumbing"
)

// packIndex is the index of a pack (gitformat-pack(5)): a table of how many ids start with each byte or a lesser one, and the
// ids in order with their places in the pack. In version 1 each place stands before its id. Version 2 has tables of ids, of
// CRC-32s, of places, and of those places that are beyond 2 GiB.
type packIndex struct {
	counts, ids, places, far []byte
	stride, placeStride      int    // from one id or place to the next
	packSum                  []byte // the last bytes of the pack
}

const (
	idLength   = len(plumbing.Hash{})
	version2   = "\xfftOc\x00\x00\x00\x02"
	magic      = "\xfftOc"
	countsSize = 256 * 4
	farBit     = 1 << 31
)

var errIndex = errors.New("it is no pack index of version 1 or 2")

func parsePackIndex(data []byte) (packIndex, error) {
	rest, isVersion2 := bytes.CutPrefix(data, []byte(version2))
	if len(rest) < countsSize+2*idLength || !isVersion2 && bytes.HasPrefix(data, []byte(magic)) {
		return packIndex{}, errIndex
	}
	sums := rest[len(rest)-2*idLength:]
	x := packIndex{counts: rest[:countsSize], packSum: sums[:idLength]}
	rest = rest[countsSize : len(rest)-2*idLength]
	for i := 1; i < 256; i++ {
		if x.count(i) < x.count(i-1) {
			return packIndex{}, errIndex
		}
	}
	n := x.count(255)
	switch {
	case !isVersion2 && len(rest)%(4+idLength) == 0 && len(rest)/(4+idLength) == n:
		x.places, x.ids = rest, rest[min(4, len(rest)):]
		x.stride, x.placeStride = 4+idLength, 4+idLength
	case isVersion2 && len(rest)/(idLength+8) >= n:
		x.ids, rest = rest[:n*idLength], rest[n*(idLength+4):]
		x.places, x.far = rest[:n*4], rest[n*4:]
		x.stride, x.placeStride = idLength, 4
	default:
		return packIndex{}, errIndex
	}
	return x, nil
}

// count is how many ids start with a byte of at most b.
func (x packIndex) count(b int) int { return int(binary.BigEndian.Uint32(x.counts[4*b:])) }

func (x packIndex) id(i int) []byte { return x.ids[i*x.stride:][:idLength] }

// find is where the pack has an object; false if it does not have it. Ids are spread evenly, so their first bytes tell
// about where one is: a few guesses do for what takes twenty steps of halving, most of them to memory that is not in the
// processor's cache.
func (x packIndex) find(id plumbing.Hash) (place int64, ok bool) {
	from, to := 0, x.count(int(id[0]))
	if id[0] > 0 {
		from = x.count(int(id[0]) - 1)
	}
	wanted := keyOf(id[:])
	low, high := uint64(0), uint64(1<<keyBits) // keys between which those from from to to are
	for guesses := 5; from < to; guesses-- {
		at := from + (to-from)/2
		if guesses > 0 && low <= wanted && wanted < high {
			at = from + int(uint64(to-from)*(wanted-low)/(high-low))
		}
		switch key := keyOf(x.id(at)); cmp.Or(cmp.Compare(key, wanted), bytes.Compare(x.id(at), id[:])) {
		case -1:
			from, low = at+1, key
		case 1:
			to, high = at, key
		default:
			return x.place(at), true
		}
	}
	return 0, false
}

const keyBits = 32

// keyOf is the part of an id by which its place is guessed, behind the byte that has a table.
func keyOf(id []byte) uint64 { return uint64(binary.BigEndian.Uint32(id[1:])) }

// place is where the i-th object starts; -1, which is nowhere, where a damaged index does not tell.
func (x packIndex) place(i int) int64 {
	near := binary.BigEndian.Uint32(x.places[i*x.placeStride:])
	if near < farBit || x.stride != idLength {
		return int64(near)
	}
	at := 8 * int64(near-farBit)
	if at+8 > int64(len(x.far)) {
		return -1
	}
	return int64(binary.BigEndian.Uint64(x.far[at:]))
}
