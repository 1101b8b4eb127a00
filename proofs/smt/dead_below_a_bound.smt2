; Statement: If l <= x <= u and a unit is <= 0 where its weights >= 0 meet u and the
;   others l, ReLU(w x + b) = 0.
; Source: the rule of symmetries
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const l Real)
(declare-const x1 Real)
(declare-const u Real)
(declare-const x2 Real)
(declare-const w1 Real)
(declare-const w2 Real)
(declare-const b Real)
(define-fun s!0 () Real (+ (+ (* w1 x1) (* w2 x2)) b))
(assert (<= l x1))
(assert (<= x1 u))
(assert (<= l x2))
(assert (<= x2 u))
(assert (<= 0.0 w1))
(assert (<= w2 0.0))
(assert (<= (+ (+ (* w1 u) (* w2 l)) b) 0.0))
(assert (not (= (ite (<= 0.0 s!0) s!0 0.0) (- s!0 s!0))))
(check-sat)
