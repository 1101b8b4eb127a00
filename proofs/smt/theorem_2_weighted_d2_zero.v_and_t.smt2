; Statement: There is a unique maximum lumpability: for two zero units z1, z2 read by v =
;   ReLU(z1 + 1), t = ReLU(z2 + 1), w = ReLU(2 z2 + 1).
; This part: a rho that merges z1, z2 and v and t (q is 1/rho)
; Source: Theorem 2 with weighted class sums
; Expected: sat (some numbers are so); the statement is refuted.
(set-logic QF_NRA)
(set-info :status sat)
(declare-const q_z1 Real)
(declare-const q_z2 Real)
(declare-const q_v Real)
(declare-const q_t Real)
(declare-const q_w Real)
(define-fun s!0 () Bool (= (* q_z1 0.0) (* q_z2 0.0)))
(assert (< 0.0 q_z1))
(assert (< 0.0 q_z2))
(assert (< 0.0 q_v))
(assert (< 0.0 q_t))
(assert (< 0.0 q_w))
(assert s!0)
(assert s!0)
(assert (= (* q_v 1.0) (* q_t 1.0)))
(assert (= (* q_v q_z2) (* q_t q_z1)))
(check-sat)
