package history

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/adler32"
	"math/bits"
	"slices"
)

// The objects of a pack are many and small, most of them a few hundred bytes, so that setting up to inflate takes as long as
// inflating: compress/zlib and github.com/klauspost/compress, which are made for streams, take twice as long for a commit
// (BenchmarkInflate). This one has all of the input and all of the room for its output in memory; the output is also the
// window that matches are copied from. The format is that of RFC 1950 and 1951.

var (
	errInflate  = errors.New("its compressed data makes no sense")
	errCutShort = errors.New("its compressed data is cut short")
	errAdler    = errors.New("its checksum is wrong")
	errLength   = errors.New("it has another size than it says")
)

const (
	litBits, distBits, maxBits = 9, 7, 15 // of codes: looked up in one go, or at all

	litCodes, distCodes, lengthCodes = 288, 32, 19
)

// An entry of a table says what a code stands for: the code's length in its low 4 bits, then flags, then in 8 bits how many
// further bits there are, and in 16 the value to add them to.
const (
	literal    = 1 << 4
	endOfBlock = 1 << 5
	longCode   = 1 << 6 // it is longer than the table reaches
)

// inflater inflates. It is kept for its tables; the zero value is ready for use.
type inflater struct {
	src  []byte
	pos  int    // in src, of what is not in buf
	buf  uint64 // bits to come, the next one lowest
	have int    // how many of them
	void int    // how many bytes behind the end of src are in buf

	dst  []byte
	full int // how much of dst is there

	lit, dist, length huffman
	codes             []code
}

// code is a symbol that has one, of so many bits. In an alphabet they come by the symbols.
type code struct {
	symbol uint16
	bits   uint8
}

// huffman decodes the codes of one alphabet: the short ones by the table, the long ones by how many there are of each length
// and which symbols they stand for, in order.
type huffman struct {
	table   [1 << litBits]uint32
	bits    int
	counts  [maxBits + 1]uint16
	symbols [litCodes]uint16
	entries []uint32 // by symbol
}

// inflate fills the buffer from a zlib stream, which may be followed by anything. There must be as much as the buffer has
// room for, to the byte, and the checksum at the stream's end must be right.
func (f *inflater) inflate(buffer, stream []byte) error {
	if err := f.start(buffer, stream); err != nil {
		return err
	}
	if err := f.blocks(); err != nil {
		return err
	}
	if f.full != len(f.dst) {
		return errLength
	}
	end := f.pos + f.void - f.have/8
	if end+4 > len(f.src) {
		return errCutShort
	}
	if binary.BigEndian.Uint32(f.src[end:]) != adler32.Checksum(f.dst) {
		return errAdler
	}
	return nil
}

// prefix puts what a stream starts with into the buffer, and returns how much it is: all but the last bytes of it at least,
// which are as long as a match can be, unless the stream ends before.
func (f *inflater) prefix(buffer, stream []byte) (int, error) {
	err := f.start(buffer, stream)
	if err == nil {
		err = f.blocks()
	}
	if errors.Is(err, errLength) {
		err = nil
	}
	return f.full, err
}

// maxMatch is how many bytes a match has at most.
const maxMatch = 258

func (f *inflater) start(buffer, stream []byte) error {
	if len(stream) < 2 || stream[0]&0xf != 8 || stream[0]>>4 > 7 || stream[1]&0x20 != 0 || binary.BigEndian.Uint16(stream)%31 != 0 {
		return errInflate
	}
	f.src, f.pos, f.buf, f.have, f.void = stream, 2, 0, 0, 0
	f.dst, f.full = buffer, 0
	return nil
}

// fill sees to it that there are 48 bits or more. Behind the end of the input they are zeros, and more than a few of them an
// error.
func (f *inflater) fill() error {
	if f.pos+8 <= len(f.src) {
		f.buf |= binary.LittleEndian.Uint64(f.src[f.pos:]) << f.have
		f.pos += (63 - f.have) >> 3
		f.have |= 56
		return nil
	}
	for f.have <= 56 {
		if f.pos < len(f.src) {
			f.buf |= uint64(f.src[f.pos]) << f.have
			f.pos++
		} else if f.void++; f.void > 16 {
			return errCutShort
		}
		f.have += 8
	}
	return nil
}

// take takes up to 16 bits, which must be there.
func (f *inflater) take(n int) int {
	v := int(f.buf & (1<<n - 1))
	f.buf >>= n
	f.have -= n
	return v
}

// blocks inflates up to and with the last block.
func (f *inflater) blocks() error {
	for last := 0; last == 0; {
		if err := f.fill(); err != nil {
			return err
		}
		last = f.take(1)
		var err error
		switch f.take(2) {
		case 0:
			err = f.stored()
		case 1:
			err = f.symbols(&fixedLit, &fixedDist)
		case 2:
			if err = f.dynamic(); err == nil {
				err = f.symbols(&f.lit, &f.dist)
			}
		default:
			err = errInflate
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stored copies a block that is not compressed.
func (f *inflater) stored() error {
	f.take(f.have & 7)
	if err := f.fill(); err != nil {
		return err
	}
	n, check := f.take(16), f.take(16)
	if n != ^check&0xffff {
		return errInflate
	}
	from := f.pos + f.void - f.have/8
	if from+n > len(f.src) {
		return errCutShort
	}
	copied := copy(f.dst[f.full:], f.src[from:from+n])
	f.full += copied
	f.pos, f.buf, f.have, f.void = from+n, 0, 0, 0
	if copied < n {
		return errLength
	}
	return nil
}

// lengthOrder is the order in which a block tells the lengths of the codes for lengths.
var lengthOrder = [lengthCodes]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the codes that a block tells at its start.
func (f *inflater) dynamic() error {
	lits, dists, n := 257+f.take(5), 1+f.take(5), 4+f.take(4)
	if lits > 286 || dists > 30 {
		return errInflate
	}
	var lengths [lengthCodes]uint8
	for i := range n {
		if i&7 == 0 {
			if err := f.fill(); err != nil {
				return err
			}
		}
		lengths[lengthOrder[i]] = uint8(f.take(3))
	}
	f.codes = f.codes[:0]
	for symbol, n := range lengths {
		f.add(symbol, n)
	}
	if !f.length.build(f.codes, lengthEntries[:], distBits) || len(f.codes) == 0 {
		return errInflate
	}
	return f.alphabets(lits, dists)
}

// add notes the length of a symbol's code; most symbols have none.
func (f *inflater) add(symbol int, n uint8) {
	if n > 0 {
		f.codes = append(f.codes, code{uint16(symbol), n})
	}
}

// alphabets reads the lengths of the codes of the two alphabets, which follow each other as if they were one.
func (f *inflater) alphabets(lits, dists int) error {
	f.codes = f.codes[:0]
	ofLits, ends, last := 0, false, uint8(0)
	for i := 0; i < lits+dists; {
		if f.have < 48 {
			if err := f.fill(); err != nil {
				return err
			}
		}
		e := f.length.decode(f)
		n, times := uint8(e>>16), 1
		switch {
		case e == 0 || n == 16 && i == 0:
			return errInflate
		case n == 16:
			n, times = last, 3+f.take(2)
		case n == 17:
			n, times = 0, 3+f.take(3)
		case n == 18:
			n, times = 0, 11+f.take(7)
		}
		if last = n; n == 0 {
			i += times
		} else {
			for ; times > 0 && i < lits+dists; times-- {
				if i < lits {
					f.add(i, n)
					ofLits, ends = len(f.codes), ends || i == 256
				} else {
					f.add(i-lits, n)
				}
				i++
			}
			i += times
		}
		if i > lits+dists {
			return errInflate
		}
	}
	if !ends || !f.lit.build(f.codes[:ofLits], litEntries[:], litBits) || !f.dist.build(f.codes[ofLits:], distEntries[:], distBits) {
		return errInflate
	}
	return nil
}

// build makes the decoder of codes by their lengths. It reports whether they make a code: every sequence of bits stands for
// something, or there is at most one code, of one bit.
func (h *huffman) build(codes []code, entries []uint32, width int) bool {
	h.bits, h.entries, h.counts = width, entries, [maxBits + 1]uint16{}
	for _, c := range codes {
		h.counts[c.bits&maxBits]++
	}
	var starts [maxBits + 2]uint16
	left := 1
	for n := 1; n <= maxBits; n++ {
		left = left<<1 - int(h.counts[n])
		if left < 0 {
			return false
		}
		starts[n+1] = starts[n] + h.counts[n]
	}
	if left > 0 {
		if len(codes) > 1 || len(codes) == 1 && codes[0].bits != 1 {
			return false
		}
		clear(h.table[:1<<width])
	}
	for _, c := range codes {
		h.symbols[starts[c.bits&maxBits]] = c.symbol
		starts[c.bits&maxBits]++
	}
	h.fill(h.table[:1<<width])
	return true
}

// fill fills the table, for ever longer codes: it holds what the codes of up to n bits mean by the first n bits, and is
// doubled for each bit more.
func (h *huffman) fill(table []uint32) {
	code, next := 0, 0
	for n := 1; n <= h.bits; n++ {
		if n > 1 {
			copy(table[1<<(n-1):1<<n], table)
		}
		code <<= 1
		for range h.counts[n] {
			symbol := h.symbols[next]
			table[bits.Reverse16(uint16(code))>>(16-n)] = h.entries[symbol] | uint32(n)
			code++
			next++
		}
	}
	for code <<= 1; code < 2<<h.bits; code += 2 { // what is left starts the longer codes
		table[bits.Reverse16(uint16(code>>1))>>(16-h.bits)] = longCode
	}
}

// decode takes a code, for which there must be 15 bits, and returns 0 if they are none.
func (h *huffman) decode(f *inflater) uint32 {
	e := h.table[f.buf&(1<<h.bits-1)]
	if e&longCode != 0 {
		e = h.long(f.buf)
	}
	f.take(int(e & 0xf))
	return e
}

// long looks up a code bit by bit: among the codes of one length, which are numbers in sequence, or after them.
func (h *huffman) long(buf uint64) uint32 {
	code, first, index := 0, 0, 0
	for n := 1; n <= maxBits; n++ {
		code |= int(buf & 1)
		buf >>= 1
		count := int(h.counts[n])
		if code-first < count {
			return h.entries[h.symbols[index+code-first]] | uint32(n)
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0
}

// symbols inflates a block by its codes. What is in every loop is kept out of the inflater, for speed.
func (f *inflater) symbols(lit, dist *huffman) error {
	dst, full := f.dst, f.full
	defer func() { f.full = full }()
	for {
		if f.have < 48 { // a symbol takes 48 at most: 15 and 5 for a length, 15 and 13 for its distance
			if err := f.fill(); err != nil {
				return err
			}
		}
		buf, have := f.buf, f.have
		e := lit.table[buf&(1<<litBits-1)]
		for e&literal != 0 && have > 32 {
			if full == len(dst) {
				return errLength
			}
			dst[full] = byte(e >> 16)
			full++
			buf, have = buf>>(e&0xf), have-int(e&0xf)
			e = lit.table[buf&(1<<litBits-1)]
		}
		f.buf, f.have = buf, have
		if have < 48 {
			continue
		}
		if e&longCode != 0 {
			e = lit.long(buf)
		}
		f.take(int(e & 0xf))
		switch {
		case e&literal != 0:
			if full == len(dst) {
				return errLength
			}
			dst[full] = byte(e >> 16)
			full++
		case e&endOfBlock != 0:
			return nil
		case e>>16 == 0:
			return errInflate
		default:
			f.full = full
			err := f.match(int(e>>16)+f.take(int(e>>8&0xff)), dist)
			if full = f.full; err != nil {
				return err
			}
		}
	}
}

// match repeats a part of what there is.
func (f *inflater) match(length int, dist *huffman) error {
	e := dist.decode(f)
	distance := int(e>>16) + f.take(int(e>>8&0xff))
	if e>>16 == 0 || distance > f.full {
		return errInflate
	}
	room := f.dst[f.full:]
	if length > len(room) {
		return errLength
	}
	if distance >= length {
		copy(room[:length], f.dst[f.full-distance:])
	} else {
		for i := range length { // what is copied is also what is copied from
			room[i] = f.dst[f.full-distance+i]
		}
	}
	f.full += length
	return nil
}

// What the symbols of the three alphabets stand for. Those that stand for nothing have the value 0.
var litEntries, distEntries, lengthEntries = func() (lit [litCodes]uint32, dist [distCodes]uint32, lengths [lengthCodes]uint32) {
	for i := range 256 {
		lit[i] = uint32(i)<<16 | literal
	}
	lit[256] = endOfBlock
	for i, base := 0, 3; i < 28; i++ {
		extra := max(0, i/4-1)
		lit[257+i] = uint32(base)<<16 | uint32(extra)<<8
		base += 1 << extra
	}
	lit[285] = 258 << 16
	for i, base := 0, 1; i < 30; i++ {
		extra := max(0, i/2-1)
		dist[i] = uint32(base)<<16 | uint32(extra)<<8
		base += 1 << extra
	}
	for i := range lengthCodes {
		lengths[i] = uint32(i) << 16
	}
	return lit, dist, lengths
}()

// fixedLit and fixedDist are the codes that a block need not tell.
var fixedLit, fixedDist = func() (lit, dist huffman) {
	var lits, dists inflater
	for symbol, n := range slices.Concat(bytes.Repeat([]byte{8}, 144), bytes.Repeat([]byte{9}, 112), bytes.Repeat([]byte{7}, 24), bytes.Repeat([]byte{8}, 8)) {
		lits.add(symbol, n)
	}
	for symbol := range distCodes {
		dists.add(symbol, 5)
	}
	lit.build(lits.codes, litEntries[:], litBits)
	dist.build(dists.codes, distEntries[:], distBits)
	return lit, dist
}()
