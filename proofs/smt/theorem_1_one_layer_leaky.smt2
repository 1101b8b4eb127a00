; Statement: If W(u, t) = r W(u, v) for all u and b(t) = r b(v) with r = rho(v)/rho(t) >
;   0, then deleting t and letting z read v with W(v, z) + r W(t, z) changes no output:
;   one hidden LeakyReLU layer of any slope, all weights, biases and r unknown.
; Source: Theorem 1 and its proof sketch
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const ratio Real)
(declare-const v1 Real)
(declare-const t1 Real)
(declare-const v2 Real)
(declare-const t2 Real)
(declare-const bv Real)
(declare-const bt Real)
(declare-const a Real)
(declare-const x1 Real)
(declare-const x2 Real)
(declare-const slope Real)
(declare-const c Real)
(declare-const bz Real)
(define-fun s!0 () Real (+ (* v1 x1) (* v2 x2) bv))
(define-fun s!1 () Real (ite (<= 0.0 s!0) s!0 (* slope s!0)))
(define-fun s!2 () Real (+ (* t1 x1) (* t2 x2) bt))
(assert (< 0.0 ratio))
(assert (= (* ratio v1) t1))
(assert (= (* ratio v2) t2))
(assert (= (* ratio bv) bt))
(assert (not (= (+ (* a s!1) (* c (ite (<= 0.0 s!2) s!2 (* slope s!2))) bz) (+ (* (+ a (* ratio c)) s!1) bz))))
(check-sat)
