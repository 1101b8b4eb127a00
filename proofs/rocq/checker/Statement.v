(******************************************************************************)
(*  What is proved of lumpcheck, by itself.                                   *)
(*                                                                            *)
(*  To read the theorem, read Network.v: it says what a network is and what   *)
(*  it computes. A certificate is whatever the reader made of a file; nothing *)
(*  is asked of it. `claims` turns the reader's indices into places.          *)
(*                                                                            *)
(*  marking == one segment as the certificate describes it: the counterpart   *)
(*             of its output, and the claim about each of its units, if any,  *)
(*             as (column or -1, scale, constant) over one denominator        *)
(******************************************************************************)

From Coq Require Import QArith List.
From lumpcheck Require Import Network Trees Segments Check Soundness Forms
  FormsCorrect.
Import ListNotations.
Open Scope Q_scope.

Record described := Described {
  blocks : nat; unobserved : nat; below : positive;
  listed_units : list (Z * Z * Z)
}.
Record marking := Marking { counterpart : Z; described_ : option described }.

Definition claims (r : described) : relabelling :=
  Relabelling (blocks r) (unobserved r) (below r)
    (map (fun u => let '(p, s, k) := u in Claim (path_of p) s k)
       (listed_units r)).

Definition lumpcheck (N N' : network) (C : list (marking * Z)) : bool :=
  verify N N'
    (map (fun m => (Mark (counterpart (fst m))
                      (option_map claims (described_ (fst m))), snd m)) C).

(* Valid means: the same words for inputs and outputs, the same number of     *)
(* inputs, and the same outputs for every input vector, in exact arithmetic.  *)
Theorem lumpcheck_sound : forall N N' C, lumpcheck N N' C = true ->
  view N = view N' /\ inputs N = inputs N' /\
  forall x, length x = inputs N ->
    Forall2 Qeq (outputs (body N) x) (outputs (body N') x).
Proof. intros N N' C. exact (verify_correct N N' _). Qed.

(* The same of forms: hints for both networks' units in place of claims.      *)
Definition formcheck (N N' : network) (H H' : list (list hint)) : bool :=
  same_functions N N' H H'.

Theorem formcheck_sound : forall N N' H H', formcheck N N' H H' = true ->
  view N = view N' /\ inputs N = inputs N' /\
  forall x, length x = inputs N ->
    Forall2 Qeq (outputs (body N) x) (outputs (body N') x).
Proof. exact same_functions_correct. Qed.

Print Assumptions lumpcheck_sound.
Print Assumptions formcheck_sound.
