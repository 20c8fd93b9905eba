package registry

import (
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

func decodePolicy(f File, registry, policy *yaml.Node) *Policy {
	p := &Policy{File: f, TTL: time.Minute, CDN: CDN{Tiers: 1}}
	each(registry, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "name":
			p.Name = text(v)
		case "baseURL":
			p.BaseURL = text(v)
		case "ttl":
			p.TTLAt, p.TTL = text(v), Duration(v.Value)
		case "adapters":
			p.Adapters = texts(v)
		case "cdn":
			decodeCDN(&p.CDN, v)
		case "signing":
			p.Signing = decodeSigning(key, v)
		}
	})
	each(policy, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "origins":
			p.Origins = texts(v)
		case "frameOrigins":
			p.FrameOrigins = texts(v)
		case "owners":
			p.Owners = texts(v)
		case "singletons":
			p.Singletons = pairs(v, decodeSingleton)
		case "prereleases":
			p.Prereleases = texts(v)
		case "budgets":
			each(v, func(key Text, v *yaml.Node) {
				switch key.Value {
				case "entryBytes":
					p.EntryBytes = text(v)
				case "errors":
					p.Errors = decodeErrorBudget(v)
				}
			})
		case "freezes":
			p.Freezes = items(v, decodeFreeze)
		case "waivers":
			p.Waivers = items(v, decodeWaiver)
		case "signers":
			each(v, func(key Text, v *yaml.Node) {
				switch key.Value {
				case "ssh":
					p.SSHSigners = text(v)
				case "gpg":
					p.GPGSigners = text(v)
				}
			})
		}
	})
	return p
}

func decodeCDN(c *CDN, n *yaml.Node) {
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "tiers":
			c.Tiers, _ = strconv.Atoi(v.Value)
		case "maxAge":
			c.MaxAge = text(v)
		case "staleWhileRevalidate":
			c.StaleWhileRevalidate = text(v)
		case "poll":
			c.Poll = text(v)
		}
	})
}

func decodeSigning(at Text, n *yaml.Node) *Signing {
	s := &Signing{At: at, Threshold: 1}
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "keys":
			s.Keys = texts(v)
		case "threshold":
			s.ThresholdAt = text(v)
			s.Threshold, _ = strconv.Atoi(v.Value)
		case "expires":
			s.ExpiresAt, s.Expires = text(v), Duration(v.Value)
		}
	})
	return s
}

func decodeErrorBudget(n *yaml.Node) *ErrorBudget {
	b := &ErrorBudget{}
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "server":
			b.Server = text(v)
		case "query":
			b.Query = text(v)
		case "threshold":
			b.Threshold = text(v)
		}
	})
	return b
}

func decodeSingleton(pkg Text, n *yaml.Node) SingletonRule {
	s := SingletonRule{Package: pkg}
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "window":
			s.Window = text(v)
		case "strict":
			s.Strict = truth(v)
		case "owner":
			s.Owner = text(v)
		}
	})
	return s
}

func decodeFreeze(n *yaml.Node) (f Freeze) {
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "from":
			f.From = text(v)
		case "to":
			f.To = text(v)
		case "reason":
			f.Reason = text(v)
		}
	})
	return f
}

func decodeWaiver(n *yaml.Node) (w Waiver) {
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "rule":
			w.Rule = text(v)
		case "remote":
			w.Remote = text(v)
		case "cohort":
			w.Cohort = text(v)
		case "until":
			w.Until = text(v)
		case "reason":
			w.Reason = text(v)
		}
	})
	return w
}
