import { a as d } from "@nf-internal/chunk-6ATBPRIA";
var Y = d(u => {
    "use strict";
    var v = Symbol.for("react.transitional.element"), k = Symbol.for("react.portal"), x = Symbol.for("react.fragment"), U = Symbol.for("react.strict_mode"), D = Symbol.for("react.profiler"), q = Symbol.for("react.consumer"), z = Symbol.for("react.context"), G = Symbol.for("react.forward_ref"), K = Symbol.for("react.suspense"), W = Symbol.for("react.memo"), O = Symbol.for("react.lazy"), b = Symbol.for("react.activity"), B = Symbol.for("react.view_transition"), A = Symbol.iterator;
    function Q(t) { return t === null || typeof t != "object" ? null : (t = A && t[A] || t["@@iterator"], typeof t == "function" ? t : null); }
    var P = { isMounted: function () { return !1; }, enqueueForceUpdate: function () { }, enqueueReplaceState: function () { }, enqueueSetState: function () { } }, j = Object.assign, H = {};
    function _(t, e, n) { this.props = t, this.context = e, this.refs = H, this.updater = n || P; }
    _.prototype.isReactComponent = {};
    _.prototype.setState = function (t, e) { if (typeof t != "object" && typeof t != "function" && t != null)
        throw Error("takes an object of state variables to update or a function which returns an object of state variables."); this.updater.enqueueSetState(this, t, e, "setState"); };
    _.prototype.forceUpdate = function (t) { this.updater.enqueueForceUpdate(this, t, "forceUpdate"); };
    function N() { }
    N.prototype = _.prototype;
    function T(t, e, n) { this.props = t, this.context = e, this.refs = H, this.updater = n || P; }
    var R = T.prototype = new N;
    R.constructor = T;
    j(R, _.prototype);
    R.isPureReactComponent = !0;
    var S = Array.isArray;
    function y() { }
    var i = { H: null, A: null, T: null, S: null }, h = Object.prototype.hasOwnProperty;
    function m(t, e, n) { var r = n.ref; return { $$typeof: v, type: t, key: e, ref: r !== void 0 ? r : null, props: n }; }
    function X(t, e) { return m(t.type, e, t.props); }
    function C(t) { return typeof t == "object" && t !== null && t.$$typeof === v; }
    function Z(t) { var e = { "=": "=0", ":": "=2" }; return "$" + t.replace(/[=:]/g, function (n) { return e[n]; }); }
    var w = /\/+/g;
    function E(t, e) { return typeof t == "object" && t !== null && t.key != null ? Z("" + t.key) : e.toString(36); }
    function J(t) { switch (t.status) {
        case "fulfilled": return t.value;
        case "rejected": throw t.reason;
        default: switch (typeof t.status == "string" ? t.then(y, y) : (t.status = "pending", t.then(function (e) { t.status === "pending" && (t.status = "fulfilled", t.value = e); }, function (e) { t.status === "pending" && (t.status = "rejected", t.reason = e); })), t.status) {
            case "fulfilled": return t.value;
            case "rejected": throw t.reason;
        }
    } throw t; }
    function l(t, e, n, r, o) { var s = typeof t; (s === "undefined" || s === "boolean") && (t = null); var f = !1; if (t === null)
        f = !0;
    else
        switch (s) {
            case "bigint":
            case "string":
            case "number":
                f = !0;
                break;
            case "object": switch (t.$$typeof) {
                case v:
                case k:
                    f = !0;
                    break;
                case O: return f = t._init, l(f(t._payload), e, n, r, o);
            }
        } if (f)
        return o = o(t), f = r === "" ? "." + E(t, 0) : r, S(o) ? (n = "", f != null && (n = f.replace(w, "$&/") + "/"), l(o, e, n, "", function (L) { return L; })) : o != null && (C(o) && (o = X(o, n + (o.key == null || t && t.key === o.key ? "" : ("" + o.key).replace(w, "$&/") + "/") + f)), e.push(o)), 1; f = 0; var p = r === "" ? "." : r + ":"; if (S(t))
        for (var c = 0; c < t.length; c++)
            r = t[c], s = p + E(r, c), f += l(r, e, n, s, o);
    else if (c = Q(t), typeof c == "function")
        for (t = c.call(t), c = 0; !(r = t.next()).done;)
            r = r.value, s = p + E(r, c++), f += l(r, e, n, s, o);
    else if (s === "object") {
        if (typeof t.then == "function")
            return l(J(t), e, n, r, o);
        throw e = String(t), Error("Objects are not valid as a React child (found: " + (e === "[object Object]" ? "object with keys {" + Object.keys(t).join(", ") + "}" : e) + "). If you meant to render a collection of children, use an array instead.");
    } return f; }
    function a(t, e, n) { if (t == null)
        return t; var r = [], o = 0; return l(t, r, "", "", function (s) { return e.call(n, s, o++); }), r; }
    function V(t) { if (t._status === -1) {
        var e = t._result, n = e();
        n.then(function (r) { (t._status === 0 || t._status === -1) && (t._status = 1, t._result = r, n.status === void 0 && (n.status = "fulfilled", n.value = r)); }, function (r) { (t._status === 0 || t._status === -1) && (t._status = 2, t._result = r, n.status === void 0 && (n.status = "rejected", n.reason = r)); }), t._status === -1 && (t._status = 0, t._result = n);
    } if (t._status === 1)
        return t._result.default; throw t._result; }
    var g = typeof reportError == "function" ? reportError : function (t) { if (typeof window == "object" && typeof window.ErrorEvent == "function") {
        var e = new window.ErrorEvent("error", { bubbles: !0, cancelable: !0, message: typeof t == "object" && t !== null && typeof t.message == "string" ? String(t.message) : String(t), error: t });
        if (!window.dispatchEvent(e))
            return;
    }
    else if (typeof process == "object" && typeof process.emit == "function") {
        process.emit("uncaughtException", t);
        return;
    } console.error(t); };
    function $(t) { var e = i.T, n = {}; n.types = e !== null ? e.types : null, i.T = n; try {
        var r = t(), o = i.S;
        o !== null && o(n, r), typeof r == "object" && r !== null && typeof r.then == "function" && r.then(y, g);
    }
    catch (s) {
        g(s);
    }
    finally {
        e !== null && n.types !== null && (e.types = n.types), i.T = e;
    } }
    function I(t) { var e = i.T; if (e !== null) {
        var n = e.types;
        n === null ? e.types = [t] : n.indexOf(t) === -1 && n.push(t);
    }
    else
        $(I.bind(null, t)); }
    var F = { map: a, forEach: function (t, e, n) { a(t, function () { e.apply(this, arguments); }, n); }, count: function (t) { var e = 0; return a(t, function () { e++; }), e; }, toArray: function (t) { return a(t, function (e) { return e; }) || []; }, only: function (t) { if (!C(t))
            throw Error("React.Children.only expected to receive a single React element child."); return t; } };
    u.Activity = b;
    u.Children = F;
    u.Component = _;
    u.Fragment = x;
    u.Profiler = D;
    u.PureComponent = T;
    u.StrictMode = U;
    u.Suspense = K;
    u.ViewTransition = B;
    u.__CLIENT_INTERNALS_DO_NOT_USE_OR_WARN_USERS_THEY_CANNOT_UPGRADE = i;
    u.__COMPILER_RUNTIME = { __proto__: null, c: function (t) { return i.H.useMemoCache(t); } };
    u.addTransitionType = I;
    u.cache = function (t) { return function () { return t.apply(null, arguments); }; };
    u.cacheSignal = function () { return null; };
    u.cloneElement = function (t, e, n) { if (t == null)
        throw Error("The argument must be a React element, but you passed " + t + "."); var r = j({}, t.props), o = t.key; if (e != null)
        for (s in e.key !== void 0 && (o = "" + e.key), e)
            !h.call(e, s) || s === "key" || s === "__self" || s === "__source" || s === "ref" && e.ref === void 0 || (r[s] = e[s]); var s = arguments.length - 2; if (s === 1)
        r.children = n;
    else if (1 < s) {
        for (var f = Array(s), p = 0; p < s; p++)
            f[p] = arguments[p + 2];
        r.children = f;
    } return m(t.type, o, r); };
    u.createContext = function (t) { return t = { $$typeof: z, _currentValue: t, _currentValue2: t, _threadCount: 0, Provider: null, Consumer: null }, t.Provider = t, t.Consumer = { $$typeof: q, _context: t }, t; };
    u.createElement = function (t, e, n) { var r, o = {}, s = null; if (e != null)
        for (r in e.key !== void 0 && (s = "" + e.key), e)
            h.call(e, r) && r !== "key" && r !== "__self" && r !== "__source" && (o[r] = e[r]); var f = arguments.length - 2; if (f === 1)
        o.children = n;
    else if (1 < f) {
        for (var p = Array(f), c = 0; c < f; c++)
            p[c] = arguments[c + 2];
        o.children = p;
    } if (t && t.defaultProps)
        for (r in f = t.defaultProps, f)
            o[r] === void 0 && (o[r] = f[r]); return m(t, s, o); };
    u.createRef = function () { return { current: null }; };
    u.forwardRef = function (t) { return { $$typeof: G, render: t }; };
    u.isValidElement = C;
    u.lazy = function (t) { return { $$typeof: O, _payload: { _status: -1, _result: t }, _init: V }; };
    u.memo = function (t, e) { return { $$typeof: W, type: t, compare: e === void 0 ? null : e }; };
    u.startTransition = $;
    u.unstable_useCacheRefresh = function () { return i.H.useCacheRefresh(); };
    u.use = function (t) { return i.H.use(t); };
    u.useActionState = function (t, e, n) { return i.H.useActionState(t, e, n); };
    u.useCallback = function (t, e) { return i.H.useCallback(t, e); };
    u.useContext = function (t) { return i.H.useContext(t); };
    u.useDebugValue = function () { };
    u.useDeferredValue = function (t, e) { return i.H.useDeferredValue(t, e); };
    u.useEffect = function (t, e) { return i.H.useEffect(t, e); };
    u.useEffectEvent = function (t) { return i.H.useEffectEvent(t); };
    u.useId = function () { return i.H.useId(); };
    u.useImperativeHandle = function (t, e, n) { return i.H.useImperativeHandle(t, e, n); };
    u.useInsertionEffect = function (t, e) { return i.H.useInsertionEffect(t, e); };
    u.useLayoutEffect = function (t, e) { return i.H.useLayoutEffect(t, e); };
    u.useMemo = function (t, e) { return i.H.useMemo(t, e); };
    u.useOptimistic = function (t, e) { return i.H.useOptimistic(t, e); };
    u.useReducer = function (t, e, n) { return i.H.useReducer(t, e, n); };
    u.useRef = function (t) { return i.H.useRef(t); };
    u.useState = function (t) { return i.H.useState(t); };
    u.useSyncExternalStore = function (t, e, n) { return i.H.useSyncExternalStore(t, e, n); };
    u.useTransition = function () { return i.H.useTransition(); };
    u.version = "19.3.1";
});
var tt = d((nt, M) => { M.exports = Y(); });
export default tt();
/*! Bundled license information:

react/cjs/react.production.js:
  (**
   * @license React
   * react.production.js
   *
   * Copyright (c) Meta Platforms, Inc. and affiliates.
   *
   * This source code is licensed under the MIT license found in the
   * LICENSE file in the root directory of this source tree.
   *)
*/
