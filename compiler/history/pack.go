package history

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/go-git/go-git/v5/plumbing"
)

const (
	// maxBase is the largest object that a delta is applied to, in bytes: more than maxObject, because a small file may be
	// kept as a part of a large one.
	maxBase = 4 * maxObject

	// maxChain is how many deltas may have to be applied for one object; git makes no longer chains (pack.depth).
	maxChain = 4095

	// maxInflation is by how much deflate can make data smaller.
	maxInflation = 1032

	packHeader = 12 // bytes
)

var (
	errPack     = errors.New("it is no pack, or not that of its index")
	errEntry    = errors.New("its place in the pack has nothing that makes sense")
	errChain    = fmt.Errorf("it takes more than %d deltas", maxChain)
	errBaseSize = fmt.Errorf("it is a delta to an object of more than %d bytes", maxBase)
)

// pack is a pack of objects, version 2 or 3 (gitformat-pack(5)), and its index.
type pack struct {
	data, indexData mapping
	index           packIndex
}

// openPack opens the pack of an index. It fails on what is damaged and on an index that is not of version 2.
func openPack(indexPath string) (p *pack, err error) {
	p = &pack{}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if p.indexData, err = mapFile(indexPath); err != nil {
		return nil, err
	}
	if p.data, err = mapFile(indexPath[:len(indexPath)-len(".idx")] + ".pack"); err != nil {
		return nil, err
	}
	err = guarded(func() error {
		p.index, err = parsePackIndex(p.indexData)
		if err == nil && !p.fits() {
			err = errPack
		}
		return err
	})
	return p, err
}

// fits checks the header of the pack and holds its end against the index.
func (p *pack) fits() bool {
	if len(p.data) < packHeader+idLength || string(p.data[:4]) != "PACK" {
		return false
	}
	version, n := binary.BigEndian.Uint32(p.data[4:]), binary.BigEndian.Uint32(p.data[8:])
	return (version == 2 || version == 3) && int(n) == p.index.count(255) && bytes.HasSuffix(p.data, p.index.packSum)
}

func (p *pack) close() error {
	var errs []error
	for _, m := range []mapping{p.data, p.indexData} {
		if m != nil {
			errs = append(errs, m.close())
		}
	}
	return errors.Join(errs...)
}

// packed is an object as a pack has it.
type packed struct {
	kind   plumbing.ObjectType
	size   int64  // of what is deflated: the object, or the delta
	base   int64  // where the object is that a delta is to
	stream []byte // starts with what is deflated
}

// at reads what is in front of the data of an object: its type and size, and for a delta the base.
func (p *pack) at(place int64) (packed, error) {
	end := int64(len(p.data) - idLength)
	if place < packHeader || place >= end {
		return packed{}, errEntry
	}
	data := p.data[place:end]
	kind := plumbing.ObjectType(data[0] >> 4 & 7)
	size := uint64(data[0] & 0xf)
	if data[0] >= 0x80 {
		rest, after, ok := varint(data[1:])
		if !ok || rest > math.MaxInt64>>4 {
			return packed{}, errEntry
		}
		size, data = size|rest<<4, after
	} else {
		data = data[1:]
	}
	e := packed{kind: kind, size: int64(size), stream: data}
	ok := false
	switch kind {
	case plumbing.OFSDeltaObject:
		e.base, e.stream, ok = backwards(data, place)
	case plumbing.REFDeltaObject:
		if len(data) > idLength {
			e.base, ok = p.index.find(plumbing.Hash(data[:idLength]))
			e.stream = data[idLength:]
		}
	default:
		ok = kind.Valid()
	}
	if !ok {
		return packed{}, errEntry
	}
	return e, nil
}

// backwards takes off the place of a base as so many bytes before its delta: seven bits a byte, the high ones first, and
// one added to what each further byte is put behind.
func backwards(data []byte, place int64) (base int64, rest []byte, ok bool) {
	var n int64
	for i, b := range data {
		n = n<<7 | int64(b&0x7f)
		if b < 0x80 {
			return place - n, data[i+1:], n > 0 && n < place
		}
		n++
		if n > place {
			break
		}
	}
	return 0, nil, false
}

func (e packed) isDelta() bool {
	return e.kind == plumbing.OFSDeltaObject || e.kind == plumbing.REFDeltaObject
}
