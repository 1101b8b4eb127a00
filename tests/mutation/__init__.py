"""The mutation campaign: wrong and right-looking certificates and models, and who judges them.

networks: the pairs that are right, from which every mutant is made
models, graphs, steady, bends: the models among them that are built by hand
draft: a mutant in the making
versions: documents of versions 1 and 2 in the words of version 3
on_certificates, on_signs: mutators of certificates, as versions 1 and 2 have them
on_facts, on_several, on_forms: the same of version 3 alone
on_onnx, on_wiring, on_text: mutators of one model
on_networks, on_nodes: mutators of the reduced network and the certificate together
runtime: onnxruntime, for what is opaque
oracle: says whether an accepted mutant is right, without the checker
campaign: makes mutants, has them checked, and counts
"""
