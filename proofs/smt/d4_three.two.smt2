; Statement: Where no two units are proportional none can be removed: three units of one
;   input.
; This part: two units compute the same
; Source: Section 4: it is not possible to exploit less restrictive relationships than
;   proportionality
; Expected: unsat (no numbers are so); the statement is refuted.
(set-logic QF_LRA)
(set-info :status unsat)
(declare-const x Real)
(assert (not (= (+ (ite (<= 0.0 x) x 0.0) (ite (<= 0.0 (* (- 1.0) x)) (* (- 1.0) x) 0.0) (ite (<= 0.0 (+ x (- 1.0))) (+ x (- 1.0)) 0.0)) (+ (* 2.0 (ite (<= 0.0 x) x 0.0)) (ite (<= 0.0 (+ (* (- 1.0) x) 1.0)) (+ (* (- 1.0) x) 1.0) 0.0) (- 1.0)))))
(check-sat)
