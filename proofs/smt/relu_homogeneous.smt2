; Statement: For all y and all r > 0: ReLU(r y) = r ReLU(y).
; Source: Section 4, the property after Theorem 2
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const r Real)
(declare-const y Real)
(assert (< 0.0 r))
(assert (not (= (ite (<= 0.0 (* r y)) (* r y) 0.0) (* r (ite (<= 0.0 y) y 0.0)))))
(check-sat)
