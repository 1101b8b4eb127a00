(******************************************************************************)
(*  Lists with places: Braun trees, and paths as indices into them.           *)
(*                                                                            *)
(*       path == an index: Here is 0, Odd p is 2 p + 1, Even p is 2 p + 2     *)
(*     enum n == the paths of the indices 0, ..., n - 1                       *)
(*  of_list l == a tree that holds l_i at the path of i                       *)
(*    get t p == the entry at p, if there is one                              *)
(*  modify t p f == t with the entry at p, if there is one, replaced by its   *)
(*               value under f                                                *)
(*  path_of z == the path of the index z                                      *)
(*                                                                            *)
(*  And for rows, where entries are only ever read, binary trees with all     *)
(*  entries in the leaves, which take no more than a few words per entry:     *)
(*   pour n r == the tree with 2^n leaves that r fills from the left, zeros   *)
(*               behind it, and what was left of r                            *)
(*     read v == the entry at an address                                      *)
(* addresses n == all addresses of 2^n leaves, from the left                  *)
(*    pad n r == the first n entries of r, zeros behind it                    *)
(******************************************************************************)

From Coq Require Import ZArith List FinFun Lia.
Import ListNotations.

Inductive path := Here | Odd (p : path) | Even (p : path).

Fixpoint succ (p : path) : path :=
  match p with Here => Odd Here | Odd p => Even p | Even p => Odd (succ p) end.

Fixpoint from (p : path) (n : nat) : list path :=
  match n with O => [] | S n => p :: from (succ p) n end.
Definition enum := from Here.

Fixpoint path_eqb (p q : path) : bool :=
  match p, q with
  | Here, Here => true
  | Odd p, Odd q | Even p, Even q => path_eqb p q
  | _, _ => false
  end.

Fixpoint path_of_succ (i : positive) : path :=
  match i with
  | xH => Here
  | xO i => Odd (path_of_succ i)
  | xI i => Even (path_of_succ i)
  end.
Definition path_of (z : Z) : option path :=
  match z with
  | Z0 => Some Here
  | Zpos i => Some (path_of_succ (Pos.succ i))
  | Zneg _ => None
  end.

Inductive tree (A : Type) := Leaf | Node (l : tree A) (x : A) (r : tree A).
Arguments Leaf {A}.
Arguments Node {A}.

Section Trees.
Context {A : Type}.
Implicit Types (t : tree A) (x y : A) (p q : path) (f : A -> A).

Fixpoint get t p : option A :=
  match t, p with
  | Leaf, _ => None
  | Node _ x _, Here => Some x
  | Node l _ _, Odd p => get l p
  | Node _ _ r, Even p => get r p
  end.

Fixpoint push y t : tree A :=
  match t with Leaf => Node Leaf y Leaf | Node l x r => Node (push x r) y l end.

Definition of_list : list A -> tree A := fold_right push Leaf.

Fixpoint modify t p f : tree A :=
  match t, p with
  | Leaf, _ => Leaf
  | Node l x r, Here => Node l (f x) r
  | Node l x r, Odd p => Node (modify l p f) x r
  | Node l x r, Even p => Node l x (modify r p f)
  end.

Lemma get_push_here y t : get (push y t) Here = Some y.
Proof. now destruct t. Qed.

Lemma get_push_succ t : forall y p, get (push y t) (succ p) = get t p.
Proof.
  induction t as [|l IHl x r IHr]; intros y p; [now destruct p|].
  destruct p; simpl; [apply get_push_here | easy | apply IHr].
Qed.

Lemma get_modify t : forall p q f,
  get (modify t p f) q =
  if path_eqb q p then option_map f (get t q) else get t q.
Proof.
  induction t as [|l IHl x r IHr]; intros [|p|p] [|q|q] f; simpl; try easy.
  - now destruct path_eqb.
  - now destruct path_eqb.
Qed.
End Trees.

Lemma path_eqb_eq p : forall q, path_eqb p q = true <-> p = q.
Proof.
  induction p; intros [|q|q]; simpl; try easy; rewrite IHp;
    (split; [now intros -> | now injection 1]).
Qed.

Lemma succ_inj p : forall q, succ p = succ q -> p = q.
Proof.
  induction p; intros [|q|q]; simpl; try easy; injection 1 as E; try now subst.
  - now destruct q.
  - now destruct p.
  - now rewrite (IHp q E).
Qed.

Lemma here_or_succ p : p = Here \/ exists q, p = succ q.
Proof.
  induction p as [|p IH|p _]; [now left | right | right; now exists (Odd p)].
  destruct IH as [->|[q ->]]; [now exists Here | now exists (Even q)].
Qed.

Lemma from_succ n : forall p, from (succ p) n = map succ (from p n).
Proof. induction n; intros p; simpl; [easy | now rewrite IHn]. Qed.

Lemma enum_succ n : enum (S n) = Here :: map succ (enum n).
Proof. unfold enum. simpl. now rewrite <- from_succ. Qed.

Lemma enum_length n : length (enum n) = n.
Proof.
  induction n; [easy|]. rewrite enum_succ. simpl.
  now rewrite map_length, IHn.
Qed.

Lemma enum_app n : forall m, exists rest, enum (n + m) = enum n ++ rest.
Proof.
  enough (forall p m, exists rest, from p (n + m) = from p n ++ rest) as sub
    by now intros m; apply sub.
  induction n as [|n IH]; intros p m; simpl; [now exists (from p m)|].
  destruct (IH (succ p) m) as [rest ->]. now exists rest.
Qed.

Lemma enum_nodup n : NoDup (enum n).
Proof.
  induction n; [constructor|]. rewrite enum_succ. constructor.
  - rewrite in_map_iff. intros [p [E _]]. now destruct p.
  - apply Injective_map_NoDup; [|easy]. intros p q. apply succ_inj.
Qed.

Lemma get_of_list {A} (l : list A) :
  map (get (of_list l)) (enum (length l)) = map Some l.
Proof.
  induction l as [|x l IH]; [easy|]. simpl length. rewrite enum_succ. simpl.
  rewrite get_push_here, <- IH, map_map. f_equal.
  apply map_ext. intros p. apply get_push_succ.
Qed.

Lemma get_in {A} (l : list A) :
  forall p x, get (of_list l) p = Some x -> In p (enum (length l)).
Proof.
  induction l as [|y l IH]; intros p x; [easy|]. simpl length.
  rewrite enum_succ. destruct (here_or_succ p) as [->|[q ->]]; [now left|].
  simpl. rewrite get_push_succ. intros E. right. apply in_map.
  exact (IH q x E).
Qed.

Lemma in_get {A} (l : list A) :
  forall p, In p (enum (length l)) -> exists x, get (of_list l) p = Some x.
Proof.
  induction l as [|y l IH]; intros p; [easy|]. simpl length.
  rewrite enum_succ. intros [<-|I]; simpl.
  - exists y. apply get_push_here.
  - apply in_map_iff in I as [q [<- I]]. rewrite get_push_succ. now apply IH.
Qed.

Lemma get_prefix {A} (a b : list A) :
  map (get (of_list (a ++ b))) (enum (length a)) = map Some a.
Proof.
  induction a as [|x a IH]; [easy|]. simpl length. rewrite enum_succ. simpl.
  rewrite get_push_here, <- IH, map_map. f_equal.
  apply map_ext. intros p. apply get_push_succ.
Qed.

(* ---------------------------------------------------------------- rows *)
Inductive vector := One (x : Z) | Two (l r : vector).
Inductive address := End | Left (a : address) | Right (a : address).

Fixpoint read (v : vector) (a : address) : Z :=
  match v, a with
  | One x, _ => x
  | Two l _, Left a => read l a
  | Two _ r, Right a => read r a
  | Two _ _, End => 0%Z
  end.

Fixpoint pour (n : nat) (r : list Z) : vector * list Z :=
  match n with
  | O => match r with [] => (One 0, []) | x :: r => (One x, r) end
  | S n =>
      let (left, r) := pour n r in
      let (right, r) := pour n r in (Two left right, r)
  end.

Fixpoint addresses (n : nat) : list address :=
  match n with
  | O => [End]
  | S n => let below := addresses n in map Left below ++ map Right below
  end.

Fixpoint pad (n : nat) (r : list Z) : list Z :=
  match n with
  | O => []
  | S n => match r with [] => 0%Z :: pad n [] | x :: r => x :: pad n r end
  end.

Lemma pad_app m : forall n r, pad (m + n) r = pad m r ++ pad n (skipn m r).
Proof.
  induction m as [|m IH]; intros n r; [easy|].
  destruct r as [|x r]; simpl; rewrite IH; [now destruct m | easy].
Qed.

Lemma skipn_add {A} m : forall n (r : list A),
  skipn (m + n) r = skipn n (skipn m r).
Proof.
  induction m as [|m IH]; intros n r; [easy|].
  destruct r; simpl; [now destruct n | apply IH].
Qed.

Lemma pour_correct n : forall r,
  map (read (fst (pour n r))) (addresses n) = pad (2 ^ n) r /\
  snd (pour n r) = skipn (2 ^ n) r.
Proof.
  induction n as [|n IH]; intros r; [now destruct r|].
  change (2 ^ S n) with (2 ^ n + (2 ^ n + 0)). cbn [pour addresses].
  rewrite Nat.add_0_r, pad_app, skipn_add.
  destruct (IH r) as [left rest]. destruct (pour n r) as [v r'].
  cbn [fst snd] in left, rest. subst r'.
  destruct (IH (skipn (2 ^ n) r)) as [right rest].
  destruct (pour n (skipn (2 ^ n) r)) as [v' r']. cbn [fst snd] in *.
  rewrite map_app, !map_map. now split; [f_equal|].
Qed.
