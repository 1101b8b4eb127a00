; Statement: For all y and r > 0: |r y| = r |y|, (r y)^2 = r^2 y^2, sign(r y) = sign(y).
; This part: abs
; Source: the rule of symmetries
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const r Real)
(declare-const y Real)
(assert (< 0.0 r))
(assert (not (= (ite (<= 0.0 (* r y)) (* r y) (- (* r y))) (* r (ite (<= 0.0 y) y (- y))))))
(check-sat)
