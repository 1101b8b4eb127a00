(******************************************************************************)
(*  One example of every rule, accepted and rejected by computation.          *)
(******************************************************************************)

From Coq Require Import QArith List.
From lumpcheck Require Import Network Check Forms Statement.
Import ListNotations.
Open Scope Z_scope.

Definition relu := Slope 0 1.
Definition one_layer rows := [Dense 1 rows].

(* the second hidden unit is three times the first *)
Definition twins : network := Network [] 1
  (Step (one_layer [([2], 1); ([6], 3)]) relu
     (Last (one_layer [([5; 7], -1)]))).
Definition merged (w : Z) : network := Network [] 1
  (Step (one_layer [([2], 1)]) relu (Last (one_layer [([w], -1)]))).
Definition tripled : list (marking * Z) :=
  [(Marking 1 (Some (Described 1 0 1 [(0, 1, 0); (0, 3, 0)])), 2);
   (Marking 3 None, -1)].

Example accepted : lumpcheck twins (merged 26) tripled = true.
Proof. vm_compute. reflexivity. Qed.
(* 12 is the sum of the weights without the scales *)
Example unscaled : lumpcheck twins (merged 12) tripled = false.
Proof. vm_compute. reflexivity. Qed.
Theorem merged_is_twins : forall x, Forall2 Qeq
  (outputs (body twins) [x]) (outputs (body (merged 26)) [x]).
Proof. intros x. now apply (lumpcheck_sound _ _ _ accepted). Qed.

(* ReLU(-6 x - 3) is no multiple of ReLU(2 x + 1) *)
Example negative : lumpcheck
  (Network [] 1 (Step (one_layer [([2], 1); ([-6], -3)]) relu
                   (Last (one_layer [([5; 7], -1)]))))
  (merged (-16))
  [(Marking 1 (Some (Described 1 0 1 [(0, 1, 0); (0, -3, 0)])), 2);
   (Marking 3 None, -1)] = false.
Proof. vm_compute. reflexivity. Qed.

(* a constant unit, and two units that nobody reads, one a multiple *)
Definition with_ghosts : network := Network [] 1
  (Step (one_layer [([0], 5); ([2], 1); ([3], 0); ([6], 0)]) relu
     (Last (one_layer [([2; 1; 0; 0], 0)]))).
Definition without : network := Network [] 1
  (Step (one_layer [([2], 1)]) relu (Last (one_layer [([1], 10)]))).
Definition removed (s : Z) : list (marking * Z) :=
  [(Marking 1 (Some (Described 1 1 2
      [(-1, 0, 10); (0, 2, 0); (1, 2, 0); (1, s, 0)])), 2);
   (Marking 3 None, -1)].
Example ghosts_removed : lumpcheck with_ghosts without (removed 4) = true.
Proof. vm_compute. reflexivity. Qed.
Example ghosts_unlike : lumpcheck with_ghosts without (removed 6) = false.
Proof. vm_compute. reflexivity. Qed.

(* a layer that vanished: all of its units are constants *)
Definition constant_layer : network := Network [] 1
  (Step (one_layer [([0], 5); ([0], -1)]) relu
     (Last (one_layer [([2; 9], 0)]))).
Example vanished_layer : lumpcheck constant_layer
  (Network [] 1 (Last (one_layer [([0], 10)])))
  [(Marking (-1) (Some (Described 0 0 1 [(-1, 0, 5); (-1, 0, -1)])), -1);
   (Marking 1 None, -1)] = true.
Proof. vm_compute. reflexivity. Qed.

(* layers with nothing between are multiplied out, on both sides *)
Example composed : lumpcheck
  (Network [] 2 (Last [Diagonal 2 [(1, 1); (3, 0)]; Dense 3 [([1; 1], 0)]]))
  (Network [] 2 (Last (
     [Dense 6 [([1; 3], 1)]; Diagonal 1 [(1, 0)]])))
  [(Marking 2 None, -1)] = true.
Proof. vm_compute. reflexivity. Qed.

(* by forms: column 1 is x, 2 is ReLU(x), 3 is ReLU(x - 1) *)
Definition shallow rows out : network := Network [] 1
  (Step (one_layer rows) relu (Last (one_layer [out]))).
Definition wide := shallow [([1], 0); ([-1], 0); ([2], -2)] ([1; -1; 1], 0).
Definition one_kink (w : Z) := shallow [([1], -1)] ([w], 0).
Definition unlike := shallow [([1], 0); ([-1], 0); ([2], -2)] ([1; 1; 1], 0).

(* ReLU(x) - ReLU(-x) = x: on column 2, the second unit is r - h *)
Example cancelled : formcheck wide
  (Network [] 1 (Step (one_layer [([1], 0); ([-1], 0); ([1], -1)]) relu
                   (Last (one_layer [([1; -1; 2], 0)]))))
  [[New; On 2; New]] [[On 2; On 2; On 3]] = true.
Proof. vm_compute. reflexivity. Qed.
Example not_cancelled : formcheck unlike
  (Network [] 1 (Step (one_layer [([1], 0); ([-1], 0); ([1], -1)]) relu
                   (Last (one_layer [([1; -1; 2], 0)]))))
  [[New; On 2; New]] [[On 2; On 2; On 3]] = false.
Proof. vm_compute. reflexivity. Qed.
(* x - 1 is on no other hyperplane *)
Example another_hyperplane : formcheck wide wide
  [[New; On 2; On 2]] [[On 2; On 2; On 3]] = false.
Proof. vm_compute. reflexivity. Qed.
(* a column that is not there *)
Example from_nowhere : formcheck wide wide
  [[On 2; On 2; New]] [[On 2; On 2; On 3]] = false.
Proof. vm_compute. reflexivity. Qed.
Example too_few : formcheck wide wide [[New; On 2]] [[On 2; On 2; On 3]]
  = false.
Proof. vm_compute. reflexivity. Qed.

(* behind ReLU(x) and ReLU(-x), their sum p and difference d: p - d is never
   negative, since it is twice r - h; a split shows it, too, and nothing else *)
Definition behind_relu rows out : network := Network [] 1
  (Step (one_layer [([1], 0); ([-1], 0)]) relu
     (Step (one_layer rows) relu (Last (one_layer [out])))).
Definition summed := behind_relu [([1; 1], 0)] ([1], 0).
Definition absolute := shallow [([1], 0); ([-1], 0)] ([1; 1], 0).
Definition shown t := formcheck summed absolute
  [[New; On 2]; [Steady true t]] [[On 2; On 2]].
Definition generators := [(2%positive, true, 1%Q); (2%positive, false, 1%Q)].
Example steady : shown (Adds generators) = true.
Proof. vm_compute. reflexivity. Qed.
Example no_sides : shown (Adds []) = false.
Proof. vm_compute. reflexivity. Qed.
Example negative_multiplier : shown
  (Adds [(2%positive, true, 2%Q); (2%positive, false, 1%Q);
         (2%positive, false, (-1)%Q)]) = false.
Proof. vm_compute. reflexivity. Qed.
(* where x >= 0 it is x, and there x = r - 0 h; so where x <= 0 it is -x *)
Definition cases a b := Split 2 (Adds a) (Adds b).
Example both_cases : shown (cases generators generators) = true.
Proof. vm_compute. reflexivity. Qed.
Example one_case : shown (cases generators []) = false.
Proof. vm_compute. reflexivity. Qed.
(* x itself has no sign *)
Example no_sign : formcheck
  (shallow [([1], 0)] ([1], 0)) (Network [] 1 (Last (one_layer [([1], 0)])))
  [[Steady true (Adds [])]] [] = false.
Proof. vm_compute. reflexivity. Qed.
(* |x| - x is never negative, and 2 x - |x| has both signs; 1 + a = 0 *)
Definition magnitude := Slope (-1) 1.
Definition mirrored : network := Network [] 1
  (Step (one_layer [([1], 0); ([-1], 0)]) magnitude
     (Last (one_layer [([1; -1], 3)]))).
Example abs_is_even : formcheck mirrored
  (Network [] 1 (Last (one_layer [([0], 3)]))) [[New; On 2]] [] = true.
Proof. vm_compute. reflexivity. Qed.
(* LeakyReLU(x) and |x| bend on one hyperplane *)
Definition half := Slope 1 2.
Example shared_slopes : formcheck
  (Network [] 1 (Step (one_layer [([1], 0); ([-1], 0)]) half
     (Last (one_layer [([2; 2], 0)]))))
  (Network [] 1 (Step (one_layer [([1], 0)]) magnitude
     (Last (one_layer [([1], 0)]))))
  [[New; On 2]] [[On 2]] = true.
Proof. vm_compute. reflexivity. Qed.
