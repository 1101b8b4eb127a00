; Statement: For all y and r > 0: |r y| = r |y|, (r y)^2 = r^2 y^2, sign(r y) = sign(y).
; This part: sign
; Source: the rule of symmetries
; Expected: unsat (no numbers are so); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const r Real)
(declare-const y Real)
(assert (< 0.0 r))
(assert (not (= (ite (< (* r y) 0.0) (- 1.0) (ite (= 0.0 (* r y)) 0.0 1.0)) (* 1.0 (ite (< y 0.0) (- 1.0) (ite (= 0.0 y) 0.0 1.0))))))
(check-sat)
