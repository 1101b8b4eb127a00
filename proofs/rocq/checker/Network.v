(******************************************************************************)
(*  Dense networks as the reader hands them over, and what they compute.      *)
(*                                                                            *)
(*  Numbers of one layer are integers over one denominator, so that nothing   *)
(*  is ever brought to lowest terms.                                          *)
(*                                                                            *)
(*          dot a h == the sum of a_i h_i, up to the shorter of the two       *)
(*     Dense d rows == the layer h |-> (A h + b) / d, a row being (A_v, b_v)  *)
(*  Diagonal d rows == the layer h |-> (a_v h_v + b_v) / d, a row (a_v, b_v)  *)
(*        apply L h == what the layer L makes of the vector h                 *)
(*          run s h == what the layers s make of it, one after the other      *)
(*            slope == the activation x |-> x for x >= 0, a x for x < 0:      *)
(*                     ReLU is 0, LeakyReLU a, the identity 1                 *)
(*            chain == layers, an activation, layers, ..., layers             *)
(*      outputs N h == what the chain N makes of the vector h                 *)
(*          network == a chain with the number of its inputs, and with the    *)
(*                     words for its inputs and outputs (`view`), which two   *)
(*                     networks must share                                    *)
(*        u =~ v    == the vectors are equal, entry by entry, as rationals    *)
(******************************************************************************)

From Coq Require Import QArith List.
Import ListNotations.
Open Scope Q_scope.

Fixpoint zip {A B C} (f : A -> B -> C) (a : list A) (b : list B) : list C :=
  match a, b with x :: a, y :: b => f x y :: zip f a b | _, _ => [] end.

Fixpoint dot (a : list Z) (h : list Q) : Q :=
  match a, h with x :: a, y :: h => inject_Z x * y + dot a h | _, _ => 0 end.

Definition row := (list Z * Z)%type.

Inductive layer :=
| Dense (d : positive) (rows : list row)
| Diagonal (d : positive) (rows : list (Z * Z)).

Definition unit_of (d : positive) (h : list Q) (r : row) : Q :=
  (dot (fst r) h + inject_Z (snd r)) * (1 # d).

Definition apply (L : layer) (h : list Q) : list Q :=
  match L with
  | Dense d rows => map (unit_of d h) rows
  | Diagonal d rows =>
      zip (fun r x => (inject_Z (fst r) * x + inject_Z (snd r)) * (1 # d))
        rows h
  end.

Definition run (s : list layer) (h : list Q) : list Q :=
  fold_left (fun h L => apply L h) s h.

Record slope := Slope { top : Z; bottom : positive }.

Definition activate (a : slope) (x : Q) : Q :=
  if Qle_bool 0 x then x else (top a # bottom a) * x.

Inductive chain :=
| Last (s : list layer)
| Step (s : list layer) (a : slope) (rest : chain).

Fixpoint outputs (N : chain) (h : list Q) : list Q :=
  match N with
  | Last s => run s h
  | Step s a rest => outputs rest (map (activate a) (run s h))
  end.

Record network := Network { view : list Z; inputs : nat; body : chain }.

Definition eqv : list Q -> list Q -> Prop := Forall2 Qeq.
Notation "u =~ v" := (eqv u v) (at level 70).
