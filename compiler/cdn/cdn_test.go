package cdn_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/compiler/cdn"
	"muster/compiler/manifest"
	"muster/compiler/policy"
)

// minute is what one tier and the usual ttl come to.
var minute = policy.Promise{TTL: 60, Tiers: 1, MaxAge: 5, StaleWhileRevalidate: 10, Poll: 44}

// TestConfig compares every kind with what stands in testdata; MUSTER_UPDATE=1 writes it.
func TestConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, kind, base, origin string }{
		{"nginx_store.conf", "nginx", "https://manifests.acme.example/", "https://manifests.s3.eu-central-1.amazonaws.com/"},
		{"nginx_folder.conf", "nginx", "https://shop.example:8443/mf/", "/srv/dist"},
		{"cloudfront.json", "cloudfront", "https://manifests.acme.example/", "https://manifests.s3.eu-central-1.amazonaws.com/"},
		{"cloudfront_paths.json", "cloudfront", "https://shop.example/mf/", "http://store.example:9000/bucket/a%20folder"},
		{"cloudflare.json", "cloudflare", "https://manifests.acme.example/", "https://manifests.s3.eu-central-1.amazonaws.com/"},
		{"cloudflare_paths.json", "cloudflare", "https://shop.example/m%20f/", "https://store.example/bucket/"},
	} {
		got := config(t, c.kind, minute, c.base, c.origin)
		name := filepath.Join("testdata", c.name)
		if os.Getenv("MUSTER_UPDATE") != "" {
			if err := os.WriteFile(name, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestConfigRefuses: what can't be printed is an error that says why, and repeats no password.
func TestConfigRefuses(t *testing.T) {
	t.Parallel()
	const base, store = "https://manifests.acme.example/", "https://store.example/"
	for _, c := range []struct{ kind, base, origin, want string }{
		{"apache", base, store, `there is no configuration for "apache": there is one for nginx, cloudfront, cloudflare`},
		{"nginx", "manifests/", store, "the base URL is no URL with http or https"},
		{"nginx", base + "?x=1", store, "the base URL has a query or a fragment: write scheme, host and path"},
		{"nginx", base, "", "the origin is no URL with http or https"},
		{"nginx", base, "dist", "the origin is no URL with http or https"},
		{"nginx", base, "s3://bucket", "the origin is no URL with http or https"},
		{"nginx", base, "https://key:secret@store.example/", "the origin holds credentials: a configuration is no place for them"},
		{"nginx", base, "https://key:secret@store.exa mple/", "the origin is no URL"},
		{"nginx", base, store + "?sig=secret", "the origin has a query or a fragment: write scheme, host and path"},
		{"nginx", base, "https:///path", "the origin has no host name"},
		{"nginx", base, "https://a;b/", "the origin has no host name"},
		{"nginx", base + "a%0ab/", store, "the base URL has a control character in its path"},
		{"nginx", base, "/srv/$host", "nginx can't serve a folder with a dollar sign or a control character in its path"},
		{"nginx", base, "/srv/a\nb", "nginx can't serve a folder with a dollar sign or a control character in its path"},
		{"cloudfront", base + "a*/", store, `a path pattern of CloudFront can't match "/a*/": letters, digits and .~_- remain what they are`},
	} {
		b, err := cdn.Config(c.kind, cdn.Site{Table: manifest.HeaderTable(minute), Promise: minute, BaseURL: c.base, Origin: c.origin})
		if err == nil || err.Error() != c.want || b != nil {
			t.Errorf("%s, %q, %q: %v instead of %q", c.kind, c.base, c.origin, err, c.want)
		}
	}
}

// TestCloudFront: each path of the table has a behaviour whose policies say what the table says.
func TestCloudFront(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"/", "/mf/"} {
		template := decode(t, config(t, "cloudfront", minute, "https://manifests.acme.example"+base, "https://store.example/"))
		resources := template["Resources"].(map[string]any)
		distribution := dig(resources, "Distribution", "Properties", "DistributionConfig").(map[string]any)
		behaviors := distribution["CacheBehaviors"].([]any)
		table := manifest.HeaderTable(minute)
		if len(behaviors) != len(table) {
			t.Fatalf("%d behaviours for %d rows", len(behaviors), len(table))
		}
		for i, h := range table {
			b := behaviors[i].(map[string]any)
			caching := dig(resources, dig(b, "CachePolicyId", "Ref").(string), "Properties", "CachePolicyConfig").(map[string]any)
			headers := dig(resources, dig(b, "ResponseHeadersPolicyId", "Ref").(string), "Properties", "ResponseHeadersPolicyConfig").(map[string]any)
			want := map[string]float64{"MinTTL": 0, "DefaultTTL": 31536000, "MaxTTL": 31536000}
			if h.Path == "pointer.json" {
				want = map[string]float64{"MinTTL": 0, "DefaultTTL": 5, "MaxTTL": 86400}
			}
			for name, n := range want {
				if caching[name] != n {
					t.Errorf("%s: %s is %v", h.Path, name, caching[name])
				}
			}
			fields := []manifest.Field{{Name: "Access-Control-Allow-Origin", Value: dig(headers, "CorsConfig", "AccessControlAllowOrigins", "Items").([]any)[0].(string)}}
			for _, item := range dig(headers, "CustomHeadersConfig", "Items").([]any) {
				fields = append(fields, manifest.Field{Name: dig(item, "Header").(string), Value: dig(item, "Value").(string)})
			}
			if dig(headers, "SecurityHeadersConfig", "ContentTypeOptions", "Override") == true {
				fields = append(fields, manifest.Field{Name: "X-Content-Type-Options", Value: "nosniff"})
			}
			if b["PathPattern"] != base+h.Path || !slices.Equal(fields, unkept(h)) || (b["FunctionAssociations"] != nil) != (base != "/") {
				t.Errorf("%s: the behaviour for %s has %v", h.Path, b["PathPattern"], fields)
			}
		}
		checkReferences(t, template, resources)
	}
}

// checkReferences asks that whatever a template refers to is in it, and that every resource is referred to.
func checkReferences(t *testing.T, template, resources map[string]any) {
	t.Helper()
	referred := map[string]bool{"Distribution": true}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for name, e := range v {
				target, _ := e.(string)
				if l, ok := e.([]any); ok && name == "Fn::GetAtt" {
					target = l[0].(string)
				}
				if name == "Ref" || name == "Fn::GetAtt" {
					referred[target] = true
					if parameters := template["Parameters"].(map[string]any); resources[target] == nil && parameters[target] == nil {
						t.Errorf("nothing is called %q", target)
					}
				}
				walk(e)
			}
		}
	}
	walk(template)
	for name := range resources {
		if !referred[name] {
			t.Errorf("nothing refers to %q", name)
		}
	}
}

// TestCloudflare: each path of the table has a rule in each phase, whose parameters say what the table says.
func TestCloudflare(t *testing.T) {
	t.Parallel()
	for swr, disabled := range map[int]bool{0: true, 10: false} {
		p := minute
		p.StaleWhileRevalidate = swr
		sets := decode(t, config(t, "cloudflare", p, "https://manifests.acme.example/mf/", "https://store.example/bucket/"))["rulesets"].([]any)
		for i, h := range manifest.HeaderTable(p) {
			rules := map[string]map[string]any{}
			for _, set := range sets {
				rules[dig(set, "phase").(string)] = set.(map[string]any)["rules"].([]any)[i].(map[string]any)
			}
			path := strings.TrimSuffix(h.Path, "*")
			for phase, below := range map[string]string{"http_request_transform": "/mf/", "http_request_cache_settings": "/bucket/", "http_response_headers_transform": "/bucket/"} {
				want := fmt.Sprintf(`(http.host eq "manifests.acme.example" and http.request.uri.path eq "%s%s")`, below, path)
				if path != h.Path {
					want = fmt.Sprintf(`(http.host eq "manifests.acme.example" and starts_with(http.request.uri.path, "%s%s"))`, below, path)
				}
				if got := dig(rules[phase], "expression"); got != want {
					t.Errorf("%s in %s: %s instead of %s", h.Path, phase, got, want)
				}
			}
			headers := dig(rules["http_response_headers_transform"], "action_parameters", "headers").(map[string]any)
			for _, f := range unkept(h) {
				if dig(headers, f.Name, "operation") != "set" || dig(headers, f.Name, "value") != f.Value {
					t.Errorf("%s: %s is %v", h.Path, f.Name, headers[f.Name])
				}
			}
			stale := dig(rules["http_request_cache_settings"], "action_parameters", "serve_stale", "disable_stale_while_updating")
			if len(headers) != len(unkept(h)) || stale != (disabled || h.Path != "pointer.json") {
				t.Errorf("%s: %v, stale disabled: %v", h.Path, headers, stale)
			}
		}
	}
}

// unkept are the fields of a row that no store keeps.
func unkept(h manifest.Headers) []manifest.Field {
	return slices.DeleteFunc(slices.Clone(h.Fields), func(f manifest.Field) bool { return f.Name == "Cache-Control" || f.Name == "Content-Type" })
}

func decode(t *testing.T, text []byte) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("this is no JSON: %v\n%s", err, text)
	}
	return v
}

// dig follows keys into nested objects; nil where there is nothing.
func dig(v any, keys ...string) any {
	for _, key := range keys {
		o, _ := v.(map[string]any)
		v = o[key]
	}
	return v
}
