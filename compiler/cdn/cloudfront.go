package cdn

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"muster/compiler/manifest"
)

// cloudfront prints a CloudFormation template
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudFront.html). What belongs to an account is
// a parameter: the store's host name, and the certificate, which is one of us-east-1.
//
// CloudFront honours stale-while-revalidate and stale-if-error of the store's Cache-Control
// (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html), but no longer than the policy's
// MaxTTL; so that one is a day for the pointer. MinTTL is 0, or an old pointer would be kept for longer than it says. Access-Control-
// fields are only added to answers to requests with an Origin. A location asks a regional cache, which asks the store: declare
// two tiers.
var cloudfront = kind{"cloudfront", func(p place) ([]byte, error) {
	if !cloudfrontPath.MatchString(p.base) {
		return nil, fmt.Errorf("a path pattern of CloudFront can't match %q: letters, digits and .~_- remain what they are", p.base)
	}
	resources := object{"NothingElse": cloudfrontFunction("nothing-else", nothingElse)}
	if p.base != "/" {
		resources["BelowBase"] = cloudfrontFunction("below-base", fmt.Sprintf(belowBase, p.base, len(p.base)-1))
	}
	var behaviors list
	for _, h := range p.Table {
		name := cloudfrontName(h)
		resources[name+"Caching"] = cloudfrontCaching(name, h.Value("Cache-Control"))
		resources[name+"Headers"] = cloudfrontHeaders(name, own(h))
		behaviors = append(behaviors, cloudfrontBehavior(p, h))
	}
	resources["Distribution"] = object{"Type": "AWS::CloudFront::Distribution", "Properties": object{"DistributionConfig": cloudfrontDistribution(p, behaviors)}}
	return printJSON(object{
		"AWSTemplateFormatVersion": "2010-09-09",
		"Description":              "Printed by muster. " + p.BaseURL + ": " + p.Promise.String() + ".",
		"Parameters":               cloudfrontParameters(p),
		"Resources":                resources,
		"Outputs": object{"DomainName": object{"Description": "what the host name of the base URL has to lead to, as a CNAME or alias",
			"Value": object{"Fn::GetAtt": list{"Distribution", "DomainName"}}}},
	})
}}

var cloudfrontPath = regexp.MustCompile(`^[A-Za-z0-9._~/-]+$`)

// What is in no behaviour has nothing behind it: the store may list its objects there.
const nothingElse = `function handler(event) {
	return {statusCode: 404, statusDescription: "Not Found", headers: {"cache-control": {value: "no-store"}}};
}
`

// belowBase takes the base URL's path off the front of a request's. CloudFront has chosen the behaviour by the resolved path, and
// passes on what was sent.
const belowBase = `function handler(event) {
	if (!event.request.uri.startsWith("%s")) {
		return {statusCode: 404, statusDescription: "Not Found", headers: {"cache-control": {value: "no-store"}}};
	}
	event.request.uri = event.request.uri.slice(%d);
	return event.request;
}
`

func cloudfrontFunction(name, code string) object {
	return object{"Type": "AWS::CloudFront::Function", "Properties": object{
		"Name":           stackName(name),
		"AutoPublish":    true,
		"FunctionCode":   code,
		"FunctionConfig": object{"Comment": "muster", "Runtime": "cloudfront-js-2.0"},
	}}
}

// stackName is a name that no other stack of the account has.
func stackName(name string) object { return object{"Fn::Sub": "${AWS::StackName}-" + name} }

// cloudfrontName is what the resources for a row are called: "Pointer", "Manifests", "Log".
func cloudfrontName(h manifest.Headers) string {
	name, _, _ := strings.Cut(strings.TrimSuffix(h.Path, "/*"), ".")
	return strings.ToUpper(name[:1]) + name[1:]
}

func cloudfrontCaching(name, caching string) object {
	age := directive(caching, "max-age")
	return object{"Type": "AWS::CloudFront::CachePolicy", "Properties": object{"CachePolicyConfig": object{
		"Name":       stackName(strings.ToLower(name)),
		"Comment":    caching,
		"MinTTL":     0,
		"DefaultTTL": age,
		"MaxTTL":     max(age, directive(caching, "stale-while-revalidate"), directive(caching, "stale-if-error")),
		"ParametersInCacheKeyAndForwardedToOrigin": object{
			"CookiesConfig":              object{"CookieBehavior": "none"},
			"HeadersConfig":              object{"HeaderBehavior": "none"},
			"QueryStringsConfig":         object{"QueryStringBehavior": "none"},
			"EnableAcceptEncodingBrotli": true,
			"EnableAcceptEncodingGzip":   true,
		},
	}}}
}

// cloudfrontHeaders is a policy that sets the fields, each in the section that CloudFront has for it.
func cloudfrontHeaders(name string, fields []manifest.Field) object {
	config := object{"Name": stackName(strings.ToLower(name)), "Comment": "muster"}
	var custom list
	for _, f := range fields {
		switch {
		case f.Name == "Access-Control-Allow-Origin":
			config["CorsConfig"] = object{
				"AccessControlAllowCredentials": false,
				"AccessControlAllowHeaders":     object{"Items": list{"*"}},
				"AccessControlAllowMethods":     object{"Items": list{"GET", "HEAD"}},
				"AccessControlAllowOrigins":     object{"Items": list{f.Value}},
				"OriginOverride":                true,
			}
		case f.Name == "X-Content-Type-Options" && f.Value == "nosniff":
			config["SecurityHeadersConfig"] = object{"ContentTypeOptions": object{"Override": true}}
		default:
			custom = append(custom, object{"Header": f.Name, "Value": f.Value, "Override": true})
		}
	}
	config["CustomHeadersConfig"] = object{"Items": custom}
	return object{"Type": "AWS::CloudFront::ResponseHeadersPolicy", "Properties": object{"ResponseHeadersPolicyConfig": config}}
}

func cloudfrontBehavior(p place, h manifest.Headers) object {
	name := cloudfrontName(h)
	b := everyBehavior(object{"Ref": name + "Caching"}, object{"Ref": name + "Headers"})
	b["PathPattern"] = p.base + h.Path
	if p.base != "/" {
		b["FunctionAssociations"] = onRequest("BelowBase")
	}
	return b
}

func onRequest(function string) list {
	return list{object{"EventType": "viewer-request", "FunctionARN": object{"Fn::GetAtt": list{function, "FunctionARN"}}}}
}

func everyBehavior(caching any, headers object) object {
	return object{
		"TargetOriginId":          "store",
		"ViewerProtocolPolicy":    "https-only",
		"AllowedMethods":          list{"GET", "HEAD"},
		"CachedMethods":           list{"GET", "HEAD"},
		"Compress":                true,
		"CachePolicyId":           caching,
		"ResponseHeadersPolicyId": headers,
	}
}

// cachingDisabled is the managed policy of that name
// (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html).
const cachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"

func cloudfrontDistribution(p place, behaviors list) object {
	rest := everyBehavior(cachingDisabled, object{"Ref": cloudfrontName(p.Table[0]) + "Headers"})
	rest["FunctionAssociations"] = onRequest("NothingElse")
	var failures list
	for _, status := range []int{403, 404, 500, 502, 503, 504} { // else for ten seconds
		failures = append(failures, object{"ErrorCode": status, "ErrorCachingMinTTL": 1})
	}
	return object{
		"Comment":              "muster",
		"Enabled":              true,
		"IPV6Enabled":          true,
		"HttpVersion":          "http2and3",
		"Aliases":              list{p.host},
		"Origins":              list{cloudfrontOrigin(p.origin)},
		"CacheBehaviors":       behaviors,
		"DefaultCacheBehavior": rest,
		"CustomErrorResponses": failures,
		"ViewerCertificate": object{"AcmCertificateArn": object{"Ref": "CertificateArn"}, "SslSupportMethod": "sni-only",
			"MinimumProtocolVersion": "TLSv1.2_2021"},
	}
}

// cloudfrontOrigin is the store; nil for one that is no more than a parameter.
func cloudfrontOrigin(u *url.URL) object {
	config := object{"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": list{"TLSv1.2"}}
	o := object{"Id": "store", "DomainName": object{"Ref": "OriginDomainName"}, "CustomOriginConfig": config}
	if u == nil {
		return o
	}
	if path := strings.TrimSuffix(u.EscapedPath(), "/"); path != "" {
		o["OriginPath"] = path
	}
	port := "HTTPSPort"
	if u.Scheme == "http" {
		config["OriginProtocolPolicy"], port = "http-only", "HTTPPort"
	}
	if u.Port() != "" {
		config[port], _ = strconv.Atoi(u.Port()) // url.Parse lets no other text through
	}
	return o
}

func cloudfrontParameters(p place) object {
	store := object{"Type": "String", "Description": "the host name below which the store, or a server for its folder, answers plain GET requests"}
	if p.origin != nil {
		store["Default"] = p.origin.Hostname()
	}
	return object{
		"OriginDomainName": store,
		"CertificateArn":   object{"Type": "String", "Description": "a certificate for " + p.host + ", of AWS Certificate Manager in us-east-1"},
	}
}
