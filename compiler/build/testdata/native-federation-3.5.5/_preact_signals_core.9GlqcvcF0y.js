import "@nf-internal/chunk-6ATBPRIA";
var P = Symbol.for("preact-signals");
function b() { if (l > 1) {
    l--;
    return;
} let i, t = !1; for ((function () { let o = y; for (y = void 0; o !== void 0;) {
    let n = o.S;
    if (n.v === o.v)
        for (let e = n.t; e !== void 0; e = e.x)
            e.i === o.i && (e.i = n.i);
    o = o.o;
} })(); p !== void 0;) {
    let o = p;
    for (p = void 0, S++; o !== void 0;) {
        let n = o.u;
        if (o.u = void 0, o.f &= -3, !(8 & o.f) && m(o))
            try {
                o.c();
            }
            catch (e) {
                t || (i = e, t = !0);
            }
        o = n;
    }
} if (S = 0, l--, t)
    throw i; }
function j(i) { if (l > 0)
    return i(); x = ++W, l++; try {
    return i();
}
finally {
    b();
} }
var s, h, p;
function a(i) { let t = s, o = h; s = void 0, h = void 0; try {
    return i();
}
finally {
    s = t, h = o;
} }
var y, l = 0, S = 0, W = 0, x = 0, w = 0;
function O(i) { if (s === void 0)
    return; let t = i.n; if (t === void 0 || t.t !== s)
    return t = { i: 0, S: i, p: s.s, n: void 0, t: s, e: void 0, x: void 0, r: t }, s.s !== void 0 && (s.s.n = t), s.s = t, i.n = t, 32 & s.f && i.S(t), t; if (t.i === -1)
    return t.i = 0, t.n !== void 0 && (t.n.p = t.p, t.p !== void 0 && (t.p.n = t.n), t.p = s.s, t.n = void 0, s.s.n = t, s.s = t), t; }
function f(i, t) { this.v = i, this.i = 0, this.n = void 0, this.t = void 0, this.l = 0, this.W = t?.watched, this.Z = t?.unwatched, this.name = t?.name; }
f.prototype.brand = P;
f.prototype.h = function () { return !0; };
f.prototype.S = function (i) { let t = this.t; t !== i && i.e === void 0 && (i.x = t, this.t = i, t !== void 0 ? t.e = i : a(() => { var o; (o = this.W) == null || o.call(this); })); };
f.prototype.U = function (i) { if (this.t !== void 0) {
    let t = i.e, o = i.x;
    t !== void 0 && (t.x = o, i.e = void 0), o !== void 0 && (o.e = t, i.x = void 0), i === this.t && (this.t = o, o === void 0 && a(() => { var n; (n = this.Z) == null || n.call(this); }));
} };
f.prototype.subscribe = function (i) { return D(() => { let t = this.value; a(() => i(t)); }, { name: "sub" }); };
f.prototype.valueOf = function () { return this.value; };
f.prototype.toString = function () { return this.value + ""; };
f.prototype.toJSON = function () { return this.value; };
f.prototype.peek = function () { return a(() => this.value); };
Object.defineProperty(f.prototype, "value", { get() { let i = O(this); return i !== void 0 && (i.i = this.i), this.v; }, set(i) { if (i !== this.v) {
        if (S > 100)
            throw new Error("Cycle detected");
        (function (t) { l !== 0 && S === 0 && t.l !== x && (t.l = x, y = { S: t, v: t.v, i: t.i, o: y }); })(this), this.v = i, this.i++, w++, l++;
        try {
            for (let t = this.t; t !== void 0; t = t.x)
                t.t.N();
        }
        finally {
            b();
        }
    } } });
function M(i, t) { return new f(i, t); }
function m(i) { for (let t = i.s; t !== void 0; t = t.n)
    if (t.S.i !== t.i || !t.S.h() || t.S.i !== t.i)
        return !0; return !1; }
function E(i) { for (let t = i.s; t !== void 0; t = t.n) {
    let o = t.S.n;
    if (o !== void 0 && (t.r = o), t.S.n = t, t.i = -1, t.n === void 0) {
        i.s = t;
        break;
    }
} }
function U(i) { let t, o = i.s; for (; o !== void 0;) {
    let n = o.p;
    o.i === -1 ? (o.S.U(o), n !== void 0 && (n.n = o.n), o.n !== void 0 && (o.n.p = n)) : t = o, o.S.n = o.r, o.r !== void 0 && (o.r = void 0), o = n;
} i.s = t; }
function d(i, t) { f.call(this, void 0, t), this.x = i, this.s = void 0, this.g = w - 1, this.f = 4; }
d.prototype = new f;
d.prototype.h = function () { if (this.f &= -3, 1 & this.f)
    return !1; if ((36 & this.f) == 32 || (this.f &= -5, this.g === w))
    return !0; if (this.g = w, this.f |= 1, this.i > 0 && !m(this))
    return this.f &= -2, !0; let i = s; try {
    E(this), s = this;
    let t = this.x();
    (16 & this.f || this.v !== t || this.i === 0) && (this.v = t, this.f &= -17, this.i++);
}
catch (t) {
    this.v = t, this.f |= 16, this.i++;
} return s = i, U(this), this.f &= -2, !0; };
d.prototype.S = function (i) { if (this.t === void 0) {
    this.f |= 36;
    for (let t = this.s; t !== void 0; t = t.n)
        t.S.S(t);
} f.prototype.S.call(this, i); };
d.prototype.U = function (i) { if (this.t !== void 0 && (f.prototype.U.call(this, i), this.t === void 0)) {
    this.f &= -33;
    for (let t = this.s; t !== void 0; t = t.n)
        t.S.U(t);
} };
d.prototype.N = function () { if (!(2 & this.f)) {
    this.f |= 6;
    for (let i = this.t; i !== void 0; i = i.x)
        i.t.N();
} };
Object.defineProperty(d.prototype, "value", { get() { if (1 & this.f)
        throw new Error("Cycle detected"); let i = O(this); if (this.h(), i !== void 0 && (i.i = this.i), 16 & this.f)
        throw this.v; return this.v; } });
function _(i, t) { return new d(i, t); }
function C(i) { let t = i.j; if (i.j = void 0, typeof t == "function") {
    l++;
    let o = s;
    s = void 0;
    try {
        t();
    }
    catch (n) {
        throw i.f &= -2, i.f |= 8, g(i), n;
    }
    finally {
        s = o, b();
    }
} }
function g(i) { for (let t = i.s; t !== void 0; t = t.n)
    t.S.U(t); i.x = void 0, i.s = void 0, C(i); }
function Z(i) { if (s !== this)
    throw new Error("Out-of-order effect"); U(this), s = i, this.f &= -2; try {
    8 & this.f && g(this);
}
finally {
    b();
} }
function v(i, t) { this.x = i, this.j = void 0, this.s = void 0, this.u = void 0, this.f = 32, this.name = t?.name, h && h.push(this); }
v.prototype.c = function () { let i = this.S(); try {
    if (8 & this.f || this.x === void 0)
        return;
    let t = this.x();
    typeof t == "function" && (this.j = t);
}
finally {
    i();
} };
v.prototype.S = function () { if (1 & this.f)
    throw new Error("Cycle detected"); this.f |= 1, this.f &= -9, C(this), E(this), l++; let i = s; return s = this, Z.bind(this, i); };
v.prototype.N = function () { 2 & this.f || (this.f |= 2, this.u = p, p = this); };
v.prototype.d = function () { this.f |= 8, 1 & this.f || g(this); };
v.prototype.dispose = function () { this.d(); };
function D(i, t) { let o = new v(i, t); try {
    o.c();
}
catch (e) {
    throw o.d(), e;
} let n = o.d.bind(o); return n[Symbol.dispose] = n, n; }
function N(i) { return function (...t) { return j(() => a(() => i.apply(this, t))); }; }
var k = (i, t) => { t.push(i); let o = Object.prototype.toString.call(i) === "[object Object]", n = Object.create(null); for (let e = i; e && e !== Object.prototype; e = o && Object.getPrototypeOf(e)) {
    let r = Object.getOwnPropertyDescriptors(e);
    for (let u in r) {
        if (n[u])
            continue;
        n[u] = !0;
        let c = r[u].value;
        typeof c == "function" ? u !== "constructor" && (i[u] = N(c)) : e === i && typeof c == "object" && c !== null && !("brand" in c) && t.indexOf(c) < 0 && k(c, t);
    }
} };
function q(i) { return function (...t) { let o, n, e = (function () { let r = h; return h = [], function () { let u = h; return h && r && (r = r.concat(h)), h = r, u; }; })(); try {
    n = i(...t);
}
catch (r) {
    let u = h;
    if (h = void 0, u)
        try {
            j(() => { for (let c = 0; c < u.length; c++)
                try {
                    u[c].dispose();
                }
                catch { } });
        }
        catch { }
    throw r;
}
finally {
    o = e();
} return k(n, []), n[Symbol.dispose] = N(function () { if (o)
    for (let r = 0; r < o.length; r++)
        o[r].dispose(); o = void 0; }), n; }; }
export { d as Computed, v as Effect, f as Signal, N as action, j as batch, _ as computed, q as createModel, D as effect, M as signal, a as untracked };
