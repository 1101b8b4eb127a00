; Statement: If 0 <= x, w >= 0 and w + b <= 0, ReLU(w x + b) = 0: though nothing says that
;   x <= 1.
; Source: nowhere: the bound counts
; Expected: sat (the solver's model refutes it); the statement is refuted.
(set-logic QF_NRA)
(set-info :status sat)
(declare-const w1 Real)
(declare-const b Real)
(declare-const x1 Real)
(assert (<= 0.0 w1))
(assert (<= (+ w1 b) 0.0))
(assert (<= 0.0 x1))
(assert (not (= (ite (<= 0.0 (+ (* w1 x1) b)) (+ (* w1 x1) b) 0.0) (- (+ (* w1 x1) b) (+ (* w1 x1) b)))))
(check-sat)
