import "@nf-internal/chunk-6ATBPRIA";
var f = "57X6y3wQZNzYjJB2L_10pxbackgroundhimselfUTF-8DEMOGRAPHICSVqvt4KW9";
var p = t => crypto.getRandomValues(new Uint8Array(t)), m = (t, r, u) => { let h = 256 - 256 % t.length; if (h === 256) {
    let o = t.length - 1;
    return (e = r) => { if (!e)
        return ""; let l = ""; for (;;) {
        let i = u(e), n = e |= 0;
        for (; n--;)
            if (l += t[i[n] & o], l.length >= e)
                return l;
    } };
} return (o = r) => { if (!o)
    return ""; let e = "", l = Math.ceil(1.6 * 256 * o / h); for (;;) {
    let i = u(l), n = l;
    for (; n--;)
        if (i[n] < h && (e += t[i[n] % t.length], e.length >= o))
            return e;
} }; }, w = (t, r = 21) => m(t, r | 0, p), d = (t = 21) => { for (var r = "", u = crypto.getRandomValues(new Uint8Array(t |= 0)); t--;)
    r += f[u[t] & 63]; return r; };
export { w as customAlphabet, m as customRandom, d as nanoid, p as random, f as urlAlphabet };
