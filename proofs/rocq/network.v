From mathcomp Require Import all_ssreflect all_algebra.

(******************************************************************************)
(* Feed-forward networks of any depth over a real field R.  A network is a    *)
(* chain of segments, each a run of affine nodes with no activation between   *)
(* them, and of activations, one for each unit; units are column vectors.     *)
(*                                                                            *)
(*      family R == activations: an eqType of codes, the function that a code *)
(*                  stands for, and the codes that are declared to be         *)
(*                  positively homogeneous, with the proof that they are      *)
(*   activate a x == the value of the activation with code a at x             *)
(*  homogeneous a == a is declared to be positively homogeneous               *)
(*   commutes f c == f (c * x) = c * f x for all x                            *)
(*  segment R m n == runs of affine nodes from m units to n units             *)
(*           Done == the empty run                                            *)
(*   Affine W b s == x |-> W x + b, and then s                                *)
(*        run s x == what s makes of x, node by node                          *)
(*      weights s == the matrix of s multiplied out                           *)
(*       offset s == the bias of s multiplied out                             *)
(*      net F m p == networks from m inputs to p outputs, activations in F    *)
(*     Output s A == one layer: the segment s, then activation A v at unit v  *)
(*   Hidden s A N == one layer, and then the network N                        *)
(*       fire A x == the activations A, unit by unit, at x                    *)
(*       eval N x == the outputs of N on the inputs x                         *)
(*      dense W b == the segment with the one node x |-> W x + b              *)
(*  reading M k N == N with M x + k for its input x                           *)
(*    slope a b x == a * x for x >= 0, b * x for x < 0                        *)
(*         relu x == max(x, 0)                                                *)
(*      leaky a x == x for x >= 0, a * x for x < 0                            *)
(* slopes, anything == the family of all two-slope activations (the code is   *)
(*                  the pair of slopes), and the family of one activation     *)
(*                  f of which nothing is known                               *)
(******************************************************************************)

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory Order.Theory.

Local Open Scope ring_scope.

Section Families.

Variable R : realFieldType.
Implicit Types (f : R -> R) (c x : R).

Definition commutes f c := forall x, f (c * x) = c * f x.

Record family := Family {
  code :> eqType;
  activate : code -> R -> R;
  homogeneous : pred code;
  homogeneousP : forall a c, homogeneous a -> 0 < c -> commutes (activate a) c
}.

Definition slope a b x : R := if 0 <= x then a * x else b * x.
Definition relu x := Num.max x 0.
Definition leaky a x := if 0 <= x then x else a * x.

Lemma commutes1 f : commutes f 1.
Proof. by move=> x; rewrite !mul1r. Qed.

Lemma slope0 a b : slope a b 0 = 0.
Proof. by rewrite /slope lexx mulr0. Qed.

Lemma slope_ge0 a b x : 0 <= x -> slope a b x = a * x.
Proof. by rewrite /slope => ->. Qed.

Lemma slope_le0 a b x : x <= 0 -> slope a b x = b * x.
Proof.
rewrite le_eqVlt => /predU1P[->|x_lt0]; first by rewrite slope0 mulr0.
by rewrite /slope leNgt x_lt0.
Qed.

Lemma slope_commutes a b c : 0 < c -> commutes (slope a b) c.
Proof.
by move=> c_gt0 x; rewrite /slope pmulr_rge0 //; case: ifP; rewrite mulrCA.
Qed.

Lemma slope_relu : slope 1 0 =1 relu.
Proof.
move=> x; rewrite /slope /relu mul1r mul0r.
by case: leP.
Qed.

Lemma slope_leaky a : slope 1 a =1 leaky a.
Proof. by move=> x; rewrite /slope mul1r. Qed.

Lemma slope_id : slope 1 1 =1 id.
Proof. by move=> x; rewrite /slope mul1r; case: ifP. Qed.

Definition slopes : family :=
  @Family [eqType of R * R] (fun ab => slope ab.1 ab.2) xpredT
    (fun ab c _ => @slope_commutes ab.1 ab.2 c).

Definition anything f : family :=
  @Family unit_eqType (fun=> f) xpred0 (fun _ c => False_ind _ \o notF).

End Families.

Arguments activate {R f0} a x : rename.
Arguments homogeneous {R f0} a : rename.

Section Networks.

Variables (R : realFieldType) (F : family R).

Inductive segment : nat -> nat -> Type :=
| Done m : segment m m
| Affine m n p (W : 'M[R]_(n, m)) (b : 'cV[R]_n) (s : segment n p) :
    segment m p.

Fixpoint run m n (s : segment m n) : 'cV[R]_m -> 'cV[R]_n :=
  match s with
  | Done _ => fun x => x
  | Affine _ _ _ W b s => fun x => run s (W *m x + b)
  end.

Fixpoint weights m n (s : segment m n) : 'M[R]_(n, m) :=
  match s with
  | Done _ => 1%:M
  | Affine _ _ _ W _ s => weights s *m W
  end.

Fixpoint offset m n (s : segment m n) : 'cV[R]_n :=
  match s with
  | Done _ => 0
  | Affine _ _ _ _ b s => weights s *m b + offset s
  end.

Lemma runE m n (s : segment m n) x : run s x = weights s *m x + offset s.
Proof.
elim: s x => [k|k l q W b s IHs] x /=; first by rewrite mul1mx addr0.
by rewrite IHs mulmxDr mulmxA addrA.
Qed.

Inductive net : nat -> nat -> Type :=
| Output m p (s : segment m p) (A : 'I_p -> F) : net m p
| Hidden m n p (s : segment m n) (A : 'I_n -> F) (N : net n p) : net m p.

Definition fire n (A : 'I_n -> F) (x : 'cV[R]_n) : 'cV[R]_n :=
  \col_v activate (A v) (x v 0).

Fixpoint eval m p (N : net m p) : 'cV[R]_m -> 'cV[R]_p :=
  match N with
  | Output _ _ s A => fun x => fire A (run s x)
  | Hidden _ _ _ s A N => fun x => eval N (fire A (run s x))
  end.

Definition dense m n (W : 'M[R]_(n, m)) b := Affine W b (Done n).

Definition reading l m p (M : 'M[R]_(m, l)) k (N : net m p) : net l p :=
  match N in net m p return 'M_(m, l) -> 'cV_m -> net l p with
  | Output _ _ s A => fun M k => Output (Affine M k s) A
  | Hidden _ _ _ s A N => fun M k => Hidden (Affine M k s) A N
  end M k.

Lemma eval_reading l m p (M : 'M[R]_(m, l)) k (N : net m p) x :
  eval (reading M k N) x = eval N (M *m x + k).
Proof. by case: N M k. Qed.

Lemma weights_dense m n (W : 'M[R]_(n, m)) b : weights (dense W b) = W.
Proof. by rewrite /= mul1mx. Qed.

Lemma offset_dense m n (W : 'M[R]_(n, m)) b : offset (dense W b) = b.
Proof. by rewrite /= mul1mx addr0. Qed.

Lemma fireE n (A : 'I_n -> F) x v : fire A x v 0 = activate (A v) (x v 0).
Proof. by rewrite mxE. Qed.

End Networks.

Arguments Done {R} m.
Arguments Output {R F m p} s A.
Arguments Hidden {R F m n p} s A N.
Arguments reading {R F l m p} M k N.
