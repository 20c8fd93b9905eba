package history

// Files lists the files of a commit at or under the roots, by path, as the Changes of a root commit would. It fails as Steps does.
func (r *Repository) Files(c Commit, roots []string) ([]Change, error) {
	scope, err := newScope(r.prefix, roots)
	if err != nil {
		return nil, err
	}
	h, err := r.header(c.ID)
	if err != nil {
		return nil, err
	}
	w := comparer{folders: newFolderCache(r.objects), prefix: len(r.prefix)}
	s, err := w.step(h, header{}, scope)
	return s.Changes, err
}
