package audit

import (
	"testing"
	"testing/fstest"

	"muster/compiler/registry"
)

// audiences is a registry of cohorts for percentages of users; of "claims" for those of whom a claim holds, of "" for everybody else.
func audiences(t *testing.T, all, after map[string]string) *registry.Registry {
	files := fstest.MapFS{"schema/policy.cue": {Data: []byte("package schema\n\nregistry: {name: \"acme\", baseURL: \"https://manifests.acme.example/\"}\npolicy: origins: []\n")}}
	for name, percent := range all {
		audience := "audience: {percent: " + percent + "}\n"
		switch percent {
		case "":
			audience = ""
		case "claims":
			audience = "audience: {claims: {group: [staff]}}\n"
		}
		if after[name] != "" {
			audience += "after: [" + after[name] + "]\n"
		}
		files["cohorts/"+name+".yaml"] = &fstest.MapFile{Data: []byte("apiVersion: muster/v1\nname: " + name + "\n" + audience + "pins: {}\n")}
	}
	r, found, err := registry.Load(files, registry.Options{})
	if err != nil || r == nil {
		t.Fatalf("%v, %v", found, err)
	}
	return r
}

func stateOf(r *registry.Registry) *State {
	s := &State{Registry: r}
	for _, c := range r.Cohorts {
		s.Cohorts = append(s.Cohorts, &Served{Declared: c})
	}
	return s
}

func TestMovedAudience(t *testing.T) {
	for name, c := range map[string]struct {
		was, is map[string]string
		after   map[string]string
		want    string
	}{
		"the first":            {map[string]string{"alpha": "5", "general": ""}, map[string]string{"alpha": "25", "general": ""}, nil, "20 % of all users"},
		"behind another":       {map[string]string{"alpha": "50", "beta": "50", "general": ""}, map[string]string{"alpha": "50", "beta": "60", "general": ""}, nil, "5 % of all users"},
		"behind all":           {map[string]string{"alpha": "100", "beta": "50", "general": ""}, map[string]string{"alpha": "100", "beta": "90", "general": ""}, nil, "0 % of all users"},
		"behind two":           {map[string]string{"alpha": "50", "beta": "50", "gamma": "10", "general": ""}, map[string]string{"alpha": "50", "beta": "50", "gamma": "30", "general": ""}, nil, "5 % of all users"},
		"before another":       {map[string]string{"alpha": "50", "beta": "50", "general": ""}, map[string]string{"alpha": "60", "beta": "50", "general": ""}, nil, "10 % of all users"},
		"in promotion order":   {map[string]string{"alpha": "50", "beta": "50", "general": ""}, map[string]string{"alpha": "60", "beta": "50", "general": ""}, map[string]string{"alpha": "beta"}, "5 % of all users"},
		"behind claims":        {map[string]string{"alpha": "claims", "beta": "5", "general": ""}, map[string]string{"alpha": "claims", "beta": "25", "general": ""}, nil, "20 % of those whom no cohort before it takes"},
		"behind one that came": {map[string]string{"beta": "5", "general": ""}, map[string]string{"alpha": "50", "beta": "25", "general": ""}, nil, "20 % of those whom no cohort before it takes"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			for _, e := range Between(stateOf(audiences(t, c.was, c.after)), stateOf(audiences(t, c.is, c.after))) {
				if e.Moved != nil {
					got += e.Moved.String()
				}
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestReordered(t *testing.T) {
	all := map[string]string{"alpha": "50", "beta": "50", "general": ""}
	for name, c := range map[string]struct {
		after map[string]string
		want  string
	}{
		"another order":  {map[string]string{"alpha": "beta"}, "changed: after: cohorts are asked in another order: beta, alpha, general"},
		"the same order": {map[string]string{"beta": "alpha"}, "changed: after"},
	} {
		t.Run(name, func(t *testing.T) {
			events := Between(stateOf(audiences(t, all, nil)), stateOf(audiences(t, all, c.after)))
			if len(events) != 1 || events[0].String() != c.want {
				t.Errorf("%v, want %q", events, c.want)
			}
		})
	}
}
