package cdn

import (
	"fmt"
	"net/url"
	"strings"

	"muster/compiler/manifest"
)

// cloudflare prints rulesets of a zone, each as the Rulesets API takes it, and Terraform's cloudflare_ruleset
// (https://developers.cloudflare.com/ruleset-engine/rulesets-api/create/): one for each phase that has a say. What leads from the
// host name to the store is the zone's DNS, and no part of it.
//
// Cloudflare serves the old while it revalidates as long as stale-while-revalidate says
// (https://developers.cloudflare.com/cache/concepts/revalidation/). With bypass_by_default it keeps what has a Cache-Control
// alone, and with respect_origin browsers are told what the store says, not the zone's four hours. Taking the query off a request is
// open to every plan, while a cache key without it is not; what a phase rewrites, the next ones see rewritten. Always Online must
// be off: with it stale-while-revalidate and stale-if-error are ignored.
var cloudflare = kind{"cloudflare", func(p place) ([]byte, error) {
	base := (&url.URL{Path: p.base}).EscapedPath()
	target := base
	if p.origin != nil {
		target = p.origin.EscapedPath()
	}
	uri := object{"query": object{"value": ""}}
	if target != base {
		uri["path"] = object{"expression": fmt.Sprintf("concat(%s, substring(http.request.uri.path, %d))", quote(target), len(base))}
	}
	var requests, caching, headers list
	for _, h := range p.Table {
		at := "muster: " + p.BaseURL + h.Path
		requests = append(requests, rule(at, p.matching(base, h), "rewrite", object{"uri": uri}))
		caching = append(caching, rule(at, p.matching(target, h), "set_cache_settings", object{
			"cache":       true,
			"edge_ttl":    object{"mode": "bypass_by_default"},
			"browser_ttl": object{"mode": "respect_origin"},
			"serve_stale": object{"disable_stale_while_updating": directive(h.Value("Cache-Control"), "stale-while-revalidate") == 0},
		}))
		headers = append(headers, rule(at, p.matching(target, h), "rewrite", object{"headers": setting(own(h))}))
	}
	return printJSON(object{"rulesets": list{
		p.ruleset("http_request_transform", requests),
		p.ruleset("http_request_cache_settings", caching),
		p.ruleset("http_response_headers_transform", headers),
	}})
}}

func (p place) ruleset(phase string, rules list) object {
	return object{"kind": "zone", "phase": phase, "name": "muster", "description": "Printed by muster. " + p.Promise.String() + ".", "rules": rules}
}

func rule(description, expression, action string, parameters object) object {
	return object{"description": description, "expression": expression, "action": action, "action_parameters": parameters, "enabled": true}
}

// matching is the expression for the objects of a row below a path.
func (p place) matching(base string, h manifest.Headers) string {
	prefix, all := strings.CutSuffix(h.Path, "*")
	path := "http.request.uri.path eq " + quote(base+prefix)
	if all {
		path = "starts_with(http.request.uri.path, " + quote(base+prefix) + ")"
	}
	return "(http.host eq " + quote(p.host) + " and " + path + ")"
}

func setting(fields []manifest.Field) object {
	headers := object{}
	for _, f := range fields {
		headers[f.Name] = object{"operation": "set", "value": f.Value}
	}
	return headers
}
