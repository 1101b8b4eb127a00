; Statement: There is a unique maximum lumpability: for two zero units z1, z2 read by v =
;   ReLU(z1 + 1), t = ReLU(z2 + 1), w = ReLU(2 z2 + 1).
; This part: no rho merges z1, z2 and v, t, w, alone or with more (q is 1/rho)
; Source: Theorem 2 with weighted class sums
; Expected: unsat (no numbers are so); the statement is refuted.
(set-logic QF_NRA)
(set-info :status unsat)
(declare-const q_z1 Real)
(declare-const q_z2 Real)
(declare-const q_v Real)
(declare-const q_t Real)
(declare-const q_w Real)
(define-fun s!0 () Bool (= (* q_z1 0.0) (* q_z2 0.0)))
(assert (and (< 0.0 q_z1) (< 0.0 q_z2) (< 0.0 q_v) (< 0.0 q_t) (< 0.0 q_w) s!0 s!0 (= (* q_v 1.0) (* q_t 1.0)) (= (* q_v q_z2) (* q_t q_z1)) (= (* q_v 1.0) (* q_w 1.0)) (= (* q_v (* 2.0 q_z2)) (* q_w q_z1))))
(check-sat)
