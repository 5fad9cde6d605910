"""ONNX models that take the raw columns of a Pawl project: the codes of texts, before a model that takes a matrix. Needs numpy and onnx."""

import numpy as np
from onnx import TensorProto, compose, helper, numpy_helper

opset, opset_ml, ir_version = 17, 3, 8


class Columns:
    """
    Features as a matrix of float32, `[rows, features]` in the order of the job: numbers as they are, texts as the place of the text among those of
    the training rows. Missing numbers and empty or unknown texts are NaN.
    """

    def __init__(self, job, train):
        self.features = job.features
        self.texts = {name: sorted(set(train[name]) - {""}) for name in job.texts}

    def matrix(self, rows):
        columns = []
        for name in self.features:
            codes = None if name not in self.texts else {text: code for code, text in enumerate(self.texts[name])}
            columns.append((rows[name] if codes is None else rows[name].map(codes)).to_numpy(np.float32, na_value=np.nan))
        return np.column_stack(columns)

    def before(self, model):
        """A model of the matrix, its only input, as one of the columns: an input `[batch, 1]` for each feature, with texts as strings."""
        nodes, inputs, parts = [], [], []
        for index, name in enumerate(self.features):
            texts = self.texts.get(name)
            inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT if texts is None else TensorProto.STRING, ["batch", 1]))
            parts.append(name)
            if texts is not None:
                parts[-1] = f"pawl_codes_{index}"
                # The operator has at least one key.
                keys, values = (texts, [float(code) for code in range(len(texts))]) if texts else ([""], [float("nan")])
                told = {"keys_strings": keys, "values_floats": values, "default_float": float("nan")}
                nodes.append(helper.make_node("LabelEncoder", [name], [parts[-1]], domain="ai.onnx.ml", **told))
        nodes.append(helper.make_node("Concat", parts, ["pawl_matrix"], axis=1))
        matrix = helper.make_tensor_value_info("pawl_matrix", TensorProto.FLOAT, ["batch", len(self.features)])
        versions = {"ai.onnx.ml": opset_ml, **{one.domain: one.version for one in model.opset_import}}
        opsets = [helper.make_opsetid(domain, version) for domain, version in versions.items()]
        encoder = helper.make_model(helper.make_graph(nodes, "columns", inputs, [matrix]), opset_imports=opsets, ir_version=model.ir_version)
        # Exporters note where the program lay, so that the same model would have other bytes.
        for part in (model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer, *model.graph.input, *model.graph.output):
            del part.metadata_props[:]
        del model.metadata_props[:]
        # Its own names may be those of columns.
        after = compose.add_prefix(model, "pawl_model_", rename_outputs=False)
        del after.opset_import[:]
        after.opset_import.extend(opsets)
        return compose.merge_models(encoder, after, io_map=[("pawl_matrix", after.graph.input[0].name)])


class Leaf:
    def __init__(self, value):
        self.value = float(value)


class Split:
    """`mode`: `BRANCH_LEQ`, `BRANCH_LT`, or `BRANCH_EQ` of any of the values. `missing`: whether a missing value takes the way of `yes`."""

    def __init__(self, mode, feature, values, missing, yes, no):
        self.mode, self.feature, self.values, self.missing, self.yes, self.no = mode, feature, values, missing, yes, no


def trees_model(trees, base, width, link=None):
    """
    Sums of trees as a model of the matrix. `trees`: pairs of an output and a root. `base`: what each output begins with. `link`: `Sigmoid` or `Softmax`.
    """
    columns = {name: [] for name in ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids", "missing_value_tracks_true")}
    leaves = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}

    def node(tree, mode, feature=0, value=0.0, missing=False):
        at = len(columns["treeids"]) - starts[tree]
        for name, told in zip(columns, (tree, at, feature, mode, float(value), 0, 0, int(missing))):
            columns[name].append(told)
        return at

    def grow(tree, output, one):
        if isinstance(one, Leaf):
            at = node(tree, "LEAF")
            for name, told in zip(leaves, (tree, at, output, one.value)):
                leaves[name].append(told)
            return at
        # Membership is a chain of comparisons that share their way out, which ONNX Runtime knows.
        chain = [node(tree, one.mode, one.feature, value, one.missing) for value in one.values]
        yes, no = grow(tree, output, one.yes), grow(tree, output, one.no)
        for at, following in zip(chain, [*chain[1:], no]):
            columns["truenodeids"][starts[tree] + at] = yes
            columns["falsenodeids"][starts[tree] + at] = following
        return chain[0]

    starts = []
    for tree, (output, root) in enumerate(trees):
        starts.append(len(columns["treeids"]))
        grow(tree, output, root)
    attributes = {f"nodes_{name}": told for name, told in columns.items()} | {f"target_{name}": told for name, told in leaves.items()}
    ends = "values" if link is None else "raw"
    nodes = [
        helper.make_node(
            "TreeEnsembleRegressor", ["matrix"], [ends], domain="ai.onnx.ml", n_targets=len(base), base_values=[float(one) for one in base], **attributes
        )
    ]
    if link is not None:
        nodes.append(helper.make_node(link, ["raw"], ["probabilities"], **({"axis": 1} if link == "Softmax" else {})))
    matrix = helper.make_tensor_value_info("matrix", TensorProto.FLOAT, ["batch", width])
    made = helper.make_tensor_value_info("values" if link is None else "probabilities", TensorProto.FLOAT, ["batch", len(base)])
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", opset_ml)]
    return helper.make_model(helper.make_graph(nodes, "trees", [matrix], [made]), opset_imports=opsets, ir_version=ir_version)


def side_by_side(models):
    """Models of the same inputs as one: an output `values` with a column for each of them, `[batch, models]`."""
    parts = [compose.add_prefix(model, f"pawl_{index}_", rename_inputs=False) for index, model in enumerate(models)]
    nodes = [node for part in parts for node in part.graph.node]
    kept = [one for part in parts for one in part.graph.initializer]
    columns = [f"pawl_column_{index}" for index in range(len(parts))]
    nodes += [helper.make_node("Reshape", [part.graph.output[0].name, "pawl_as_column"], [column]) for part, column in zip(parts, columns)]
    nodes.append(helper.make_node("Concat", columns, ["values"], axis=1))
    kept.append(numpy_helper.from_array(np.array([-1, 1], np.int64), "pawl_as_column"))
    made = helper.make_tensor_value_info("values", TensorProto.FLOAT, ["batch", len(models)])
    graph = helper.make_graph(nodes, "models", list(models[0].graph.input), [made], kept)
    return helper.make_model(graph, opset_imports=list(models[0].opset_import), ir_version=models[0].ir_version)
