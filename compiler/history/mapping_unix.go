//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package history

import (
	"fmt"
	"os"
	"syscall"
)

// mapping is a file as memory. What the kernel keeps of the file anyway is not copied, and only what is looked at is read.
// If the file shrinks, a look behind its end is a fault, which guarded makes an error of.
type mapping []byte

func mapFile(path string) (mapping, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	if size == 0 || int64(int(size)) != size {
		return nil, fmt.Errorf("mapping %q: it has %d bytes", path, size)
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mapping %q: %w", path, err)
	}
	return data, nil
}

// close ends all access to the memory.
func (m mapping) close() error { return syscall.Munmap(m) }
