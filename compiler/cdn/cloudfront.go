package cdn

var cloudfront = kind{"cloudfront", func(p place) ([]byte, error) { return nil, nil }}
var cloudflare = kind{"cloudflare", func(p place) ([]byte, error) { return nil, nil }}
