(******************************************************************************)
(*  One example of every rule, accepted and rejected by computation.          *)
(******************************************************************************)

From Coq Require Import QArith List.
From lumpcheck Require Import Network Check Statement.
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
