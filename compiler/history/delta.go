package history

import "errors"

var errDelta = errors.New("it is a delta that makes no sense")

// varint takes a number off the data: seven bits a byte, the low ones first, the top bit set on all but the last.
func varint(data []byte) (n uint64, rest []byte, ok bool) {
	for shift := 0; len(data) > 0 && shift < 63; shift += 7 {
		b := data[0]
		data = data[1:]
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n, data, true
		}
	}
	return 0, nil, false
}

// deltaSizes takes off a delta's header: how many bytes its base and its result have.
func deltaSizes(delta []byte) (base, result uint64, rest []byte, err error) {
	base, rest, ok := varint(delta)
	result, rest, ok2 := varint(rest)
	if !ok || !ok2 {
		return 0, 0, nil, errDelta
	}
	return base, result, rest, nil
}

// applyDelta makes an object from its base and the changes (gitformat-pack(5), "Deltified representation"): a byte with the
// top bit set copies a part of the base, any other inserts as many bytes as it says.
func applyDelta(base, delta []byte) ([]byte, error) {
	baseSize, size, delta, err := deltaSizes(delta)
	if err != nil {
		return nil, err
	}
	if baseSize != uint64(len(base)) || size > maxBase {
		return nil, errDelta
	}
	result := make([]byte, 0, size)
	for len(delta) > 0 {
		part := delta
		op := delta[0]
		delta = delta[1:]
		if op < 0x80 {
			if op == 0 || int(op) > len(delta) {
				return nil, errDelta
			}
			part, delta = delta[:op], delta[op:]
		} else {
			var ok bool
			if part, delta, ok = copied(base, op, delta); !ok {
				return nil, errDelta
			}
		}
		if len(part) > cap(result)-len(result) {
			return nil, errDelta
		}
		result = append(result, part...)
	}
	if uint64(len(result)) != size {
		return nil, errDelta
	}
	return result, nil
}

// copied is the part of the base that a copying byte names: its bits say which bytes of the offset (four) and the size
// (three) follow. A size of zero stands for 64 KiB.
func copied(base []byte, op byte, delta []byte) (part, rest []byte, ok bool) {
	var fields [7]byte
	for i := range fields {
		if op>>i&1 == 0 {
			continue
		}
		if len(delta) == 0 {
			return nil, nil, false
		}
		fields[i], delta = delta[0], delta[1:]
	}
	from := uint64(fields[0]) | uint64(fields[1])<<8 | uint64(fields[2])<<16 | uint64(fields[3])<<24
	size := uint64(fields[4]) | uint64(fields[5])<<8 | uint64(fields[6])<<16
	if size == 0 {
		size = 0x10000
	}
	if from+size > uint64(len(base)) {
		return nil, nil, false
	}
	return base[from : from+size], delta, true
}
