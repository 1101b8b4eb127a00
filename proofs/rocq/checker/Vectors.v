(******************************************************************************)
(*  Vectors of rationals up to equality, and the sums of products that rows   *)
(*  make of them.                                                             *)
(******************************************************************************)

From Coq Require Import QArith List Setoid Morphisms.
From lumpcheck Require Import Network Trees Segments.
Import ListNotations.
Open Scope Q_scope.

(* -------------------------------------------------------------- vectors *)
#[export] Instance eqv_equivalence : Equivalence eqv.
Proof.
  split.
  - intros u. induction u; constructor; [reflexivity | easy].
  - intros u v. induction 1; constructor; [now symmetry | easy].
  - intros u v w uv. revert w.
    induction uv as [|x y u v xy _ IH]; intros w vw; [easy|].
    inversion_clear vw. constructor; [now transitivity y | now apply IH].
Qed.

Lemma eqv_map {A} (f g : A -> Q) l :
  (forall x, In x l -> f x == g x) -> map f l =~ map g l.
Proof.
  induction l as [|x l IH]; intros eq; constructor.
  - apply eq. now left.
  - apply IH. intros y I. apply eq. now right.
Qed.

Lemma eqv_zip {A B} (f g : A -> B -> Q) a b :
  (forall x y, In x a -> In y b -> f x y == g x y) ->
  zip f a b =~ zip g a b.
Proof.
  revert b. induction a as [|x a IH]; intros [|y b] eq; simpl; constructor.
  - apply eq; now left.
  - apply IH. intros; apply eq; now right.
Qed.

Lemma map_zip {A B C D} (g : C -> D) (f : A -> B -> C) a :
  forall b, map g (zip f a b) = zip (fun x y => g (f x y)) a b.
Proof. induction a; intros [|y b]; simpl; f_equal; auto. Qed.

Lemma zip_map {A B C D} (g : D -> B) (f : A -> B -> C) a :
  forall b, zip f a (map g b) = zip (fun x y => f x (g y)) a b.
Proof. induction a; intros [|y b]; simpl; f_equal; auto. Qed.

#[export] Instance dot_proper a : Proper (eqv ==> Qeq) (dot a).
Proof.
  intros u v uv. revert a.
  induction uv as [|x y u v xy _ IH]; intros [|z a]; simpl; try easy.
  now rewrite xy, (IH a).
Qed.

#[export] Instance unit_proper d : Proper (eqv ==> eq ==> Qeq) (unit_of d).
Proof. intros u v uv r _ <-. unfold unit_of. now rewrite uv. Qed.

#[export] Instance apply_proper L : Proper (eqv ==> eqv) (apply L).
Proof.
  intros u v uv. destruct L as [d rows|d rows]; simpl.
  - apply eqv_map. intros r _. now rewrite uv.
  - revert rows.
    induction uv as [|x y u v xy _ IH]; intros [|r rows]; simpl; constructor.
    + now rewrite xy.
    + apply IH.
Qed.

#[export] Instance run_proper s : Proper (eqv ==> eqv) (run s).
Proof.
  unfold run. induction s; intros u v uv; simpl; [easy|].
  apply IHs. now apply apply_proper.
Qed.

(* ----------------------------------------------------------- fractions *)
Lemma over d : (1 # d) == / inject_Z (Zpos d).
Proof. reflexivity. Qed.
Lemma positive_nonzero d : ~ inject_Z (Zpos d) == 0.
Proof. easy. Qed.
Lemma inject_product d t :
  inject_Z (Zpos (d * t)) == inject_Z (Zpos d) * inject_Z (Zpos t).
Proof. reflexivity. Qed.

(* ---------------------------------------------------------------- sums *)
Lemma dot_nil_l h : dot [] h = 0.
Proof. reflexivity. Qed.

Lemma dot_nil_r a : dot a [] = 0.
Proof. now destruct a. Qed.

Lemma dot_scaled x a :
  forall h, dot (map (Z.mul x) a) h == inject_Z x * dot a h.
Proof.
  induction a as [|u a IH]; intros [|y h]; simpl; try ring.
  rewrite IH, inject_Z_mult. ring.
Qed.

Lemma dot_plus x a :
  forall acc h, dot (plus x a acc) h == inject_Z x * dot a h + dot acc h.
Proof.
  induction a as [|u a IH]; intros acc h.
  - destruct acc; simpl; ring.
  - destruct acc as [|v acc].
    + cbn [plus]. rewrite (dot_scaled x (u :: a)). simpl. ring.
    + destruct h as [|y h]; simpl; [ring|].
      rewrite IH, inject_Z_plus, inject_Z_mult. ring.
Qed.

Lemma dot_mixed t h r : forall rows acc,
  dot (fst (mixed r rows acc)) h + inject_Z (snd (mixed r rows acc)) ==
  inject_Z (Zpos t) * dot r (map (unit_of t h) rows)
    + (dot (fst acc) h + inject_Z (snd acc)).
Proof.
  induction r as [|x r IH]; intros [|[a k] rows] acc; simpl; try ring.
  rewrite IH. unfold unit_of at 2. cbn [fst snd].
  destruct (Z.eqb_spec x 0) as [->|_]; cbn [fst snd].
  - unfold inject_Z at 4. ring.
  - rewrite dot_plus, inject_Z_plus, inject_Z_mult, over.
    field. apply positive_nonzero.
Qed.

Lemma dot_only cols e p s : NoDup cols -> In p cols ->
  dot (only cols (Some p) s) (map e cols) == inject_Z s * e p.
Proof.
  unfold only. induction 1 as [|q cols out nodup IH]; [easy|]. intros I. simpl.
  destruct (path_eqb q p) eqn:E.
  - apply path_eqb_eq in E as ->.
    enough (dot (map (fun q => if path_eqb q p then s else 0%Z) cols)
                (map e cols) == 0) as -> by ring.
    clear -out. induction cols as [|q cols IH]; [easy|]. simpl.
    destruct (path_eqb q p) eqn:E.
    + apply path_eqb_eq in E as ->. now destruct out; left.
    + rewrite IH; [unfold inject_Z; ring | now intros I; destruct out; right].
  - rewrite IH; [unfold inject_Z at 1; ring|].
    destruct I as [->|I]; [|easy].
    now rewrite (proj2 (path_eqb_eq p p) eq_refl) in E.
Qed.
