"""How is a fitted forecaster written as an ONNX graph? Formulas over symbolic arrays, one file for each stage."""
