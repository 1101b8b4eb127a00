; Statement: If LeakyReLU(r y) = s LeakyReLU(y) for all y (already if for y = 1 and y =
;   -1) and the slope is neither 1 nor -1, then r >= 0 and s = r.
; Source: Section 4, the property after Theorem 2
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const a Real)
(declare-const r Real)
(declare-const s Real)
(assert (distinct a 1.0))
(assert (distinct a (- 1.0)))
(assert (= (ite (<= 0.0 r) r (* a r)) (* s 1.0)))
(assert (= (ite (<= 0.0 (- r)) (- r) (* a (- r))) (* s (* (- 1.0) a))))
(assert (not (and (<= 0.0 r) (= r s))))
(check-sat)
