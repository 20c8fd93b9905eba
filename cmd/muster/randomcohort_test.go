package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

func (h *randomHistory) anyCohort() (file string, c fields) {
	files := h.cohorts()
	if len(files) == 0 {
		return "", nil
	}
	file = pick(h, files)
	return file, h.load(file)
}

// pinsOf are a cohort's own pins, which may be changed, and their sorted names; nothing where there is no cohort.
func pinsOf(c fields) (pins fields, names []string) {
	if c == nil {
		return nil, nil
	}
	pins, _ = c["pins"].(fields)
	if pins == nil {
		pins = fields{}
	}
	c["pins"] = pins
	for name := range pins {
		names = append(names, name)
	}
	slices.Sort(names)
	return pins, names
}

// setPin gives a cohort a pin of some remote, of whose releases choose makes it; nil for none.
func setPin(h *randomHistory, what string, choose func(versions []string) any) string {
	file, c := h.anyCohort()
	_, name, r := h.anyRemote()
	versions := versionsOf(r)
	if c == nil || len(versions) == 0 {
		return ""
	}
	pin := choose(versions)
	pins, _ := pinsOf(c)
	if pin == nil || reflect.DeepEqual(pins[name], pin) {
		return ""
	}
	pins[name] = pin
	h.save(file, c)
	return fmt.Sprint(c["name"], ": ", what, " ", name)
}

func movePin(h *randomHistory) string {
	return setPin(h, "pin", func(versions []string) any { return pick(h, versions) })
}

func pinRange(h *randomHistory) string {
	return setPin(h, "range", func(versions []string) any {
		v := pick(h, versions)
		numbers := strings.Split(v, ".")
		return pick(h, []string{"~" + numbers[0] + "." + numbers[1], "^" + v, "*", ">=" + v})
	})
}

func disablePin(h *randomHistory) string {
	return setPin(h, "disable", func([]string) any { return fields{"disabled": h.name("INC-")} })
}

func splitPin(h *randomHistory) string {
	return setPin(h, "split", func(versions []string) any {
		a, b := pick(h, versions), pick(h, versions)
		if a == b {
			return nil
		}
		p := h.IntN(101)
		second := fields{"version": b, "percent": 100 - p}
		if h.IntN(2) == 0 {
			second["variant"] = "new"
		}
		return fields{"split": []any{fields{"version": a, "percent": p}, second}}
	})
}

// changeSplit moves users between the variants of a split, or ends it.
func changeSplit(h *randomHistory) string {
	file, c := h.anyCohort()
	pins, names := pinsOf(c)
	for _, name := range names {
		pin, _ := pins[name].(fields)
		split, _ := pin["split"].([]any)
		if len(split) != 2 {
			continue
		}
		a, b := split[0].(fields), split[1].(fields)
		if h.IntN(4) == 0 {
			pins[name] = b["version"]
		} else {
			p := h.IntN(101)
			a["percent"], b["percent"] = p, 100-p
		}
		h.save(file, c)
		return fmt.Sprint(c["name"], ": another split of ", name)
	}
	return ""
}

func dropPin(h *randomHistory) string {
	file, c := h.anyCohort()
	pins, names := pinsOf(c)
	if len(names) == 0 {
		return ""
	}
	name := pick(h, names)
	delete(pins, name)
	h.save(file, c)
	return fmt.Sprint(c["name"], ": no pin of ", name)
}

// changeAny changes a cohort's document, and leaves it if that comes to nothing.
func changeAny(h *randomHistory, what string, change func(c fields) bool) string {
	file, c := h.anyCohort()
	if c == nil || !change(c) {
		return ""
	}
	h.save(file, c)
	return fmt.Sprint(c["name"], ": ", what)
}

func changePercent(h *randomHistory) string {
	return changeAny(h, "percent", func(c fields) bool {
		a, ok := c["audience"].(fields)
		if ok {
			a["percent"] = []any{0, 1, 5, 12.5, 50, 100}[h.IntN(6)]
		}
		return ok
	})
}

func changeClaims(h *randomHistory) string {
	return changeAny(h, "claims", func(c fields) bool {
		a, ok := c["audience"].(fields)
		if ok {
			a["claims"] = fields{pick(h, []string{"group", "market"}): []any{pick(h, []string{"staff", "be", "nl"}), h.name("g")}}
		}
		return ok
	})
}

func changeExtends(h *randomHistory) string {
	_, other := h.anyCohort()
	return changeAny(h, "extends", func(c fields) bool {
		if c["extends"] == other["name"] || c["extends"] == nil {
			return false
		}
		c["extends"] = other["name"]
		return true
	})
}

func freeze(h *randomHistory) string {
	return changeAny(h, "freeze", func(c fields) bool {
		if h.until > 0 && h.IntN(2) == 0 {
			return false
		}
		at := pick(h, strings.Fields(h.git("rev-list", "HEAD")))
		if h.IntN(2) == 0 {
			at = at[:12]
		}
		f := fields{"at": at, "reason": h.name("INC-")}
		if h.IntN(4) == 0 {
			f["until"] = h.now.AddDate(0, 0, h.IntN(20)).Format(time.DateOnly)
		}
		c["frozen"] = f
		return true
	})
}

func thaw(h *randomHistory) string {
	for _, file := range h.cohorts() {
		if c := h.load(file); c["frozen"] != nil {
			delete(c, "frozen")
			h.save(file, c)
			return fmt.Sprint(c["name"], ": thaw")
		}
	}
	return ""
}

func hold(h *randomHistory) string {
	_, name, r := h.anyRemote()
	versions := versionsOf(r)
	return changeAny(h, "hold "+name, func(c fields) bool {
		if len(versions) == 0 {
			return false
		}
		holds, _ := c["holds"].([]any)
		c["holds"] = append(holds, fields{"remote": name, "version": pick(h, versions),
			"because": pick(h, []string{"rollback", "budget", "inconclusive"}), "reason": h.name("INC-")})
		return true
	})
}

func liftHold(h *randomHistory) string {
	for _, file := range h.cohorts() {
		c := h.load(file)
		if holds, _ := c["holds"].([]any); len(holds) > 0 {
			i := h.IntN(len(holds))
			c["holds"] = slices.Delete(holds, i, i+1)
			h.save(file, c)
			return fmt.Sprint(c["name"], ": hold lifted")
		}
	}
	return ""
}

func addCohort(h *randomHistory) string {
	_, parent := h.anyCohort()
	if parent == nil || len(h.cohorts()) > 6 {
		return ""
	}
	name := h.name("team")
	h.newCohort(name, fields{"extends": parent["name"], "audience": fields{"claims": fields{"group": []any{name}}}})
	return "cohort " + name
}

func removeCohort(h *randomHistory) string {
	file, c := h.anyCohort()
	if c == nil || len(h.cohorts()) < 4 {
		return ""
	}
	h.write(file, nil)
	return fmt.Sprint("no cohort ", c["name"])
}

// changeCohort changes what is neither a pin nor the audience.
func changeCohort(h *randomHistory) string {
	return changeAny(h, "other fields", func(c fields) bool {
		switch h.IntN(3) {
		case 0:
			c["description"] = h.name("words")
		case 1:
			c["soak"] = fmt.Sprintf("%dh", 1+h.IntN(48))
		default:
			c["requires"] = []any{pick(h, []string{"e2e", "accessibility"})}
		}
		return true
	})
}
