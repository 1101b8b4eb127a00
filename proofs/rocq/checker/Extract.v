(******************************************************************************)
(*  The program: extraction to OCaml, integers to zarith, counts to int.      *)
(*                                                                            *)
(*  Z.gcd only proposes a common factor, which Check.reduced_pair and those   *)
(*  who ask for it in Forms.v multiply back; a wrong gcd could make the       *)
(*  checker slow, or reject what is right, never accept what is wrong.        *)
(******************************************************************************)

From Coq Require Import ZArith Extraction ExtrOcamlBasic ExtrOcamlZBigInt
  ExtrOcamlNatInt.
From lumpcheck Require Import Network Check Forms Statement.

Extraction Blacklist List.
Extract Constant Z.gcd => "Big_int_Z.gcd_big_int".
Extraction "checker.ml" lumpcheck formcheck well_formed.
