package history

// KeepFrom lets a line be kept from so many new commits on.
func (r *Repository) KeepFrom(commits int) { r.keeper.worth = commits }

// KeptFile is where the line is kept, below the git folder; "" if none is.
func (r *Repository) KeptFile() string {
	if r.keeper == nil {
		return ""
	}
	return r.keeper.file()
}
