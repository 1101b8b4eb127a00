; Statement: For all alpha > 0, beta and y, with c = (1/2 - beta) / alpha: HardSigmoid(2 c
;   - y) = 1 - HardSigmoid(y).
; Source: the rule of symmetries
; Expected: unsat (it holds); the statement is proved.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const alpha Real)
(declare-const beta Real)
(declare-const y Real)
(define-fun s!0 () Real (- (/ (- 1.0 (* 2.0 beta)) alpha) y))
(assert (< 0.0 alpha))
(assert (not (= (ite (<= s!0 (/ (- beta) alpha)) 0.0 (ite (<= (/ (- 1.0 beta) alpha) s!0) 1.0 (+ (* alpha s!0) beta))) (- 1.0 (ite (<= y (/ (- beta) alpha)) 0.0 (ite (<= (/ (- 1.0 beta) alpha) y) 1.0 (+ (* alpha y) beta)))))))
(check-sat)
