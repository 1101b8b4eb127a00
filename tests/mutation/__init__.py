"""The mutation campaign: wrong and right-looking certificates and models, and who judges them.

networks: the pairs that are right, from which every mutant is made
models, graphs, steady: the models among them that are built by hand
draft: a mutant in the making
on_certificates, on_signs, on_onnx, on_wiring, on_text: mutators of one file
on_networks, on_nodes: mutators of the reduced network and the certificate together
runtime: onnxruntime, for what is opaque
oracle: says whether an accepted mutant is right, without the checker
campaign: makes mutants, has them checked, and counts
"""
