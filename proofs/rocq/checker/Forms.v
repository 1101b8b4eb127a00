(******************************************************************************)
(*  The decision by forms: do two networks come to the same sums of kinks?    *)
(*                                                                            *)
(*  Columns are the inputs, 1 to n, and behind them r_c = A(h_c), A of two    *)
(*  slopes, h_c a form over columns before c. Each unit of both networks is   *)
(*  written as a form over the same columns. The certificate has a hint for   *)
(*  each activated unit, of which nothing is believed.                        *)
(*                                                                            *)
(*      sum == integers times columns, and an integer                         *)
(*     form == a sum over a denominator                                       *)
(*   column == h_c and the slope of A, which is not 1                         *)
(*    table == the columns so far; `next` is that of the next one             *)
(*     tree == why a form is never negative: it adds up from a number that is *)
(*             not negative and multiples above 0 of sides, which are r - h   *)
(*             and r - a h, or h - r and a h - r where a > 1; in each of the  *)
(*             cases h_c >= 0, where r_c is h_c, and h_c <= 0, where it is    *)
(*             a h_c, for columns that it is split by                         *)
(*     hint == New: the unit is a new column; On c: its form is a multiple of *)
(*             r_c and one of h_c; Steady: it is never negative, or never     *)
(*             positive                                                       *)
(******************************************************************************)

From Coq Require Import QArith List.
From lumpcheck Require Import Network Check.
Import ListNotations.
Open Scope Z_scope.

(* ---------------------------------------------------------------- maps *)
Inductive map_of A := Nowhere | Fork (l : map_of A) (x : option A) (r : map_of A).
Arguments Nowhere {A}.
Arguments Fork {A}.
Fixpoint at_ {A} (c : positive) (m : map_of A) : option A :=
  match m, c with
  | Nowhere, _ => None
  | Fork _ x _, xH => x
  | Fork l _ _, xO c => at_ c l
  | Fork _ _ r, xI c => at_ c r
  end.
Fixpoint put {A} (c : positive) (y : A) (m : map_of A) : map_of A :=
  let '(l, x, r) := match m with
                    | Nowhere => (Nowhere, None, Nowhere)
                    | Fork l x r => (l, x, r)
                    end in
  match c with
  | xH => Fork l (Some y) r
  | xO c => Fork (put c y l) x r
  | xI c => Fork l x (put c y r)
  end.

Record sum := Sum { terms : list (positive * Z); number : Z }.
Record form := Form { over : positive; above : sum }.

(* ---------------------------------------------------------------- sums *)
Fixpoint merge (a : list (positive * Z)) : list (positive * Z) -> _ :=
  fix with_a (b : list (positive * Z)) : list (positive * Z) :=
    match a, b with
    | [], b => b
    | a, [] => a
    | (c, x) :: a', (d, y) :: b' =>
        match Pos.compare c d with
        | Lt => (c, x) :: merge a' b
        | Gt => (d, y) :: with_a b'
        | Eq => let z := x + y in
                if z =? 0 then merge a' b' else (c, z) :: merge a' b'
        end
    end.
Definition plus (a b : sum) : sum :=
  Sum (merge (terms a) (terms b)) (number a + number b).
Definition times (x : Z) (a : sum) : sum :=
  if x =? 1 then a else if x =? 0 then Sum [] 0 else
  Sum (map (fun t => (fst t, x * snd t)) (terms a)) (x * number a).

(* neighbours are added up, as often as there are two *)
Fixpoint neighbours (l : list sum) : list sum :=
  match l with
  | a :: b :: l => plus a b :: neighbours l
  | l => l
  end.
Fixpoint halved (n : nat) (l : list sum) : sum :=
  match n, l with
  | _, [] => Sum [] 0
  | _, [a] => a
  | S n, l => halved n (neighbours l)
  | O, l => fold_right plus (Sum [] 0) l
  end.
Fixpoint products (r : list Z) (l : list sum) : list sum :=
  match r, l with
  | x :: r, a :: l =>
      if x =? 0 then products r l else times x a :: products r l
  | _, _ => []
  end.
Definition weighted_sum (r : list Z) (l : list sum) : sum :=
  halved 64 (products r l).

Fixpoint same_terms (x y : Z) (a b : list (positive * Z)) : bool :=
  match a, b with
  | [], [] => true
  | (c, u) :: a, (d, v) :: b =>
      Pos.eqb c d && (x * u =? y * v) && same_terms x y a b
  | _, _ => false
  end.
(* x a = y b *)
Definition same_sums (x y : Z) (a b : sum) : bool :=
  same_terms x y (terms a) (terms b) && (x * number a =? y * number b).
Definition same_forms (f g : form) : bool :=
  same_sums (Zpos (over g)) (Zpos (over f)) (above f) (above g).

(* --------------------------------------------------------------- forms *)
(* a common divisor is proposed, and multiplied back *)
Definition divided (g : Z) (f : form) : form :=
  let a := Sum (map (fun t => (fst t, snd t / g)) (terms (above f)))
               (number (above f) / g) in
  match Zpos (over f) / g with
  | Zpos d =>
      if (Zpos d * g =? Zpos (over f)) && same_sums g 1 a (above f)
      then Form d a else f
  | _ => f
  end.
Definition lowest (f : form) : form :=
  if Pos.eqb (over f) 1 then f else
  let g := fold_left (fun g t => if g =? 1 then 1 else Z.gcd g (snd t))
             (terms (above f)) (Z.gcd (Zpos (over f)) (number (above f))) in
  if g <=? 1 then f else divided g f.

Definition add (f g : form) : form :=
  if Pos.eqb (over f) (over g) then Form (over f) (plus (above f) (above g))
  else
    Form (over f * over g)
      (plus (times (Zpos (over g)) (above f))
            (times (Zpos (over f)) (above g))).
Definition scaled (q : Q) (f : form) : form :=
  Form (over f * Qden q) (times (Qnum q) (above f)).
Definition alone (q : Q) (c : positive) : form :=
  Form (Qden q) (Sum (if Qnum q =? 0 then [] else [(c, Qnum q)]) 0).
Definition ratio (q : Q) : Q :=
  let g := Z.gcd (Qnum q) (Zpos (Qden q)) in
  let a := (Qnum q / g)%Z in
  match (Zpos (Qden q) / g)%Z with
  | Zpos d => if ((a * g =? Qnum q) && (Zpos d * g =? Zpos (Qden q)))%Z
              then a # d else q
  | _ => q
  end.

Definition factor_of (c : positive) (a : list (positive * Z)) : Z :=
  fold_right (fun t z => if Pos.eqb (fst t) c then snd t + z else z) 0 a.
Definition others (c : positive) (a : list (positive * Z)) :=
  filter (fun t => negb (Pos.eqb (fst t) c)) a.

(* ------------------------------------------------------------- columns *)
Record kink := Kink { behind_it : form; bends : slope }.
Record table := Table { next : positive; known_ : map_of kink }.
Definition rate (a : slope) : Q := top a # bottom a.

Inductive hint :=
| New
| On (c : positive)
| Steady (up : bool) (t : tree)
with tree :=
| Adds (l : list (positive * bool * Q))
| Split (c : positive) (above_ below_ : tree).

Definition side (T : table) (c : positive) (sloped : bool) : option form :=
  match at_ c (known_ T) with
  | None => None
  | Some k =>
      let a := if sloped then rate (bends k) else 1%Q in
      let found := add (alone 1 c) (scaled (- a) (behind_it k)) in
      Some (if Qle_bool (rate (bends k)) 1 then found
            else scaled (-1) found)
  end.
Fixpoint without (T : table) (l : list (positive * bool * Q)) (f : form)
    : option form :=
  match l with
  | [] => Some f
  | (c, sloped, q) :: l =>
      match side T c sloped with
      | Some g =>
          if Qle_bool 0 q
          then without T l (lowest (add f (scaled (- q) g))) else None
      | None => None
      end
  end.
(* r_c replaced by so many h_c *)
Definition replaced (k : kink) (c : positive) (a : Q) (f : form) : form :=
  let x := factor_of c (terms (above f)) in
  let rest := Form (over f) (Sum (others c (terms (above f)))
                                 (number (above f))) in
  if x =? 0 then f
  else lowest (add rest (scaled (a * (x # over f)) (behind_it k))).
Fixpoint in_cases (T : table) (l : list (positive * bool)) (f : form)
    : option form :=
  match l with
  | [] => Some f
  | (c, sloped) :: l =>
      match at_ c (known_ T) with
      | Some k =>
          in_cases T l
            (replaced k c (if sloped then rate (bends k) else 1%Q) f)
      | None => None
      end
  end.
Fixpoint never_negative (T : table) (t : tree) (l : list (positive * bool))
    (f : form) : bool :=
  match t with
  | Adds m =>
      match without T m f with
      | Some g =>
          match in_cases T l g with
          | Some (Form _ (Sum [] k)) => 0 <=? k
          | _ => false
          end
      | None => false
      end
  | Split c t t' =>
      never_negative T t ((c, false) :: l) f &&
      never_negative T t' ((c, true) :: l) f
  end.

(* q and p if the form is q r_c + p h_c *)
Definition on_column (k : kink) (c : positive) (f : form) : option (Q * Q) :=
  let x := factor_of c (terms (above f)) in
  let rest := Sum (others c (terms (above f))) (number (above f)) in
  let h := above (behind_it k) in
  match terms rest, terms h with
  | [], _ => if number rest =? 0 then Some (x # over f, 0%Q) else None
  | (_, u) :: _, (_, v) :: _ =>
      if negb (v =? 0) && same_sums v u rest h
      then Some (x # over f,
                 ratio (((u * Zpos (over (behind_it k)))%Z # over f) / inject_Z v)%Q)
      else None
  | _, _ => None
  end.
Definition on_it (k : kink) (c : positive) (a : slope) (q p : Q) : form :=
  let s := rate (bends k) in
  let high := (q + p)%Q in
  let low := (s * q + p)%Q in
  let high := if Qle_bool 0 high then high else (rate a * high)%Q in
  let low := if Qle_bool 0 low then (rate a * low)%Q else low in
  let q := ratio ((high - low) / (1 - s)) in
  let p := ratio ((low - s * high) / (1 - s)) in
  if Qnum p =? 0 then alone q c
  else lowest (add (alone q c) (scaled p (behind_it k))).

Definition activated_form (a : slope) (T : table) (h : hint) (f : form)
    : option (table * form) :=
  match h with
  | Steady true t =>
      if never_negative T t [] f then Some (T, f) else None
  | Steady false t =>
      if never_negative T t [] (scaled (-1) f)
      then Some (T, lowest (scaled (rate a) f)) else None
  | On c =>
      match at_ c (known_ T) with
      | Some k =>
          if Qeq_bool (rate (bends k)) 1 then None else
          match on_column k c f with
          | Some (q, p) => Some (T, on_it k c a q p)
          | None => None
          end
      | None => None
      end
  | New =>
      if forallb (fun t => Pos.ltb (fst t) (next T)) (terms (above f))
      then Some (Table (Pos.succ (next T))
                   (put (next T) (Kink f a) (known_ T)),
                 alone 1 (next T))
      else None
  end.
Fixpoint activated_forms (a : slope) (T : table) (hs : list hint)
    (fs : list form) : option (table * list form) :=
  match hs, fs with
  | [], [] => Some (T, [])
  | h :: hs, f :: fs =>
      match activated_form a T h f with
      | Some (T, f) =>
          match activated_forms a T hs fs with
          | Some (T, fs) => Some (T, f :: fs)
          | None => None
          end
      | None => None
      end
  | _, _ => None
  end.

(* -------------------------------------------------------------- layers *)
(* sums over one denominator; what a form's does not divide is a mistake *)
Definition least_common (d e : positive) : positive :=
  match (Zpos d / Z.gcd (Zpos d) (Zpos e) * Zpos e)%Z with
  | Zpos m => m
  | _ => d
  end.
Definition brought (d : positive) (f : form) : option sum :=
  let x := Zpos d / Zpos (over f) in
  if x * Zpos (over f) =? Zpos d then Some (times x (above f)) else None.
Fixpoint all_brought (d : positive) (fs : list form) : option (list sum) :=
  match fs with
  | [] => Some []
  | f :: fs =>
      match brought d f, all_brought d fs with
      | Some a, Some l => Some (a :: l)
      | _, _ => None
      end
  end.
Definition shifted (b : Z) (a : sum) : sum :=
  if b =? 0 then a else Sum (terms a) (number a + b).
Definition behind_layer (L : layer) (fs : list form) : option (list form) :=
  let d := fold_left (fun d f => least_common d (over f)) fs 1%positive in
  match all_brought d fs with
  | None => None
  | Some l =>
      Some match L with
      | Dense e rows =>
          map (fun r => Form (d * e)
                          (shifted (snd r * Zpos d) (weighted_sum (fst r) l)))
            rows
      | Diagonal e rows =>
          zip (fun r a => Form (d * e)
                            (shifted (snd r * Zpos d) (times (fst r) a)))
            rows l
      end
  end.
Fixpoint behind_run (s : list layer) (fs : list form) : option (list form) :=
  match s with
  | [] => Some fs
  | L :: s =>
      match behind_layer L fs with
      | Some fs => behind_run s (map lowest fs)
      | None => None
      end
  end.

(* hints for every activation, the identity's aside *)
Fixpoint through (T : table) (N : chain) (hs : list (list hint))
    (fs : list form) : option (table * list form) :=
  match N with
  | Last s =>
      match hs, behind_run s fs with
      | [], Some fs => Some (T, fs)
      | _, _ => None
      end
  | Step s a N =>
      match behind_run s fs with
      | None => None
      | Some fs =>
          if is_identity a then through T N hs fs else
          match hs with
          | [] => None
          | h :: hs =>
              match activated_forms a T h fs with
              | Some (T, fs) => through T N hs fs
              | None => None
              end
          end
      end
  end.

Fixpoint numbered (c : positive) (n : nat) : list positive :=
  match n with O => [] | S n => c :: numbered (Pos.succ c) n end.
Definition inputs_of (n : nat) : list form := map (alone 1) (numbered 1 n).
Definition empty (n : nat) : table :=
  Table (Pos.of_succ_nat n) Nowhere.

Definition same_functions (N N' : network) (hs hs' : list (list hint))
    : bool :=
  same_words (view N) (view N') && Nat.eqb (inputs N) (inputs N') &&
  match through (empty (inputs N)) (body N) hs (inputs_of (inputs N)) with
  | None => false
  | Some (T, fs) =>
      match through T (body N') hs' (inputs_of (inputs N)) with
      | None => false
      | Some (_, fs') => forall2b same_forms fs fs'
      end
  end.
