"""How does a forecaster go to other frameworks? As an ONNX graph, and as layers of Keras and PyTorch."""
