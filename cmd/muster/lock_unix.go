//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package main

import (
	"io/fs"
	"os"
	"syscall"
)

// tryLock locks a folder until it is closed, and reports whether it could. On a file system that knows no locks (NFS has none of
// folders) it goes without.
func tryLock(folder *os.File) bool {
	err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return err != syscall.EWOULDBLOCK && err != syscall.EINTR
}

// keepOwner gives a file the owner and group that another one has, as far as we may: run as root, an edit is to leave a file to
// whom it belongs.
func keepOwner(of *os.File, like fs.FileInfo) {
	if stat, ok := like.Sys().(*syscall.Stat_t); ok {
		of.Chown(int(stat.Uid), int(stat.Gid))
	}
}
