; Statement: Where no two units are proportional none can be removed: four units of one
;   input, read with any weights.
; This part: the first unit is a combination of the other three and 1
; Source: Section 4: it is not possible to exploit less restrictive relationships than
;   proportionality
; Expected: unsat (no numbers are so); the statement is refuted.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const a1 Real)
(declare-const x Real)
(declare-const a2 Real)
(declare-const a3 Real)
(declare-const a4 Real)
(declare-const bias Real)
(define-fun s!0 () Real (ite (<= 0.0 (* (- 1.0) x)) (* (- 1.0) x) 0.0))
(define-fun s!1 () Real (ite (<= 0.0 (+ x (- 1.0))) (+ x (- 1.0)) 0.0))
(assert (not (= (+ (* a1 (ite (<= 0.0 (+ (* (- 1.0) x) 1.0)) (+ (* (- 1.0) x) 1.0) 0.0)) (* a2 s!0) (* a3 (ite (<= 0.0 x) x 0.0)) (* a4 s!1) bias) (+ (* (+ a2 a1) s!0) (* (- a3 a1) (ite (<= 0.0 x) x 0.0)) (* (+ a4 a1) s!1) (+ bias a1)))))
(check-sat)
