; Statement: For all slopes a, all y and all r > 0: LeakyReLU(r y) = r LeakyReLU(y).
; Source: Section 4, the property after Theorem 2
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const r Real)
(declare-const y Real)
(declare-const a Real)
(assert (< 0.0 r))
(assert (not (= (ite (<= 0.0 (* r y)) (* r y) (* a (* r y))) (* r (ite (<= 0.0 y) y (* a y))))))
(check-sat)
