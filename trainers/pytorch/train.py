"""
Trains a network of PyTorch for each task: numbers scaled, texts embedded, hidden layers. Alone, or on several devices of a machine by
`run: [torchrun, --standalone, --nproc_per_node=2, train.py]`, where the first process reports and leaves the model.
"""

import copy
import io
import os

import numpy as np
import torch
from pawl_job import Job
from pawl_onnx import Columns
from torch import nn
from torch.nn import functional

job = Job()
settings = {
    "epochs": 40,
    "patience": 6,
    "every": 1,
    "batch": 256,
    "learning_rate": 0.003,
    "hidden": [64, 32],
    "embed": 8,
    "weight_decay": 1e-4,
    **job.parameters,
}
rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
has_gpu = torch.cuda.is_available()
device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)) % max(1, torch.cuda.device_count())) if has_gpu else torch.device("cpu")
if world > 1:
    if has_gpu:
        torch.cuda.set_device(device)
    torch.distributed.init_process_group("nccl" if has_gpu else "gloo")
torch.manual_seed(job.seed)
torch.use_deterministic_algorithms(True, warn_only=True)


class Network(nn.Module):
    """Takes the matrix of `Columns`: missing numbers are 0 after scaling, with a mark; missing and unknown texts are an embedding of their own."""

    def __init__(self, columns, matrix, outputs):
        super().__init__()
        places = [index for index, name in enumerate(columns.features) if name not in columns.texts]
        self.register_buffer("numbers", torch.tensor(places, dtype=torch.int64))
        self.texts = [index for index, name in enumerate(columns.features) if name in columns.texts]
        told = matrix[:, places].astype(np.float64)
        known = ~np.isnan(told)
        count = np.maximum(known.sum(0), 1)
        mean = np.where(known, told, 0).sum(0) / count
        deviation = np.sqrt(np.where(known, (told - mean) ** 2, 0).sum(0) / count)
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("deviation", torch.tensor(np.where(deviation > 0, deviation, 1), dtype=torch.float32))
        sizes = [len(columns.texts[columns.features[index]]) + 1 for index in self.texts]
        self.embeddings = nn.ModuleList(nn.Embedding(size, min(settings["embed"], size)) for size in sizes)
        width = 2 * len(places) + sum(one.embedding_dim for one in self.embeddings)
        layers = []
        for hidden in settings["hidden"]:
            layers += [nn.Linear(width, hidden), nn.ReLU()]
            width = hidden
        self.layers = nn.Sequential(*layers, nn.Linear(width, outputs))

    def forward(self, matrix):
        numbers = matrix.index_select(1, self.numbers)
        missing = torch.isnan(numbers)
        parts = [torch.where(missing, 0.0, (numbers - self.mean) / self.deviation), missing.to(torch.float32)]
        for index, embedding in zip(self.texts, self.embeddings):
            code = matrix[:, index]
            # The first is of missing texts.
            parts.append(embedding(torch.where(torch.isnan(code), 0.0, code + 1).to(torch.int64)))
        return self.layers(torch.cat(parts, 1))


class Answer(nn.Module):
    """What is served: probabilities, or numbers in the unit of the target."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, matrix):
        told = self.network(matrix)
        if job.task == "binary":
            return torch.sigmoid(told)
        return torch.softmax(told, 1) if job.labels else told * spread + middle


def loss_of(told, truth, weights):
    if job.task == "binary":
        each = functional.binary_cross_entropy_with_logits(told[:, 0], truth, reduction="none")
    elif job.labels:
        each = functional.cross_entropy(told, truth, reduction="none")
    elif job.quantiles:
        short = truth[:, None] - told
        each = torch.maximum(short * levels, short * (levels - 1)).mean(1)
    else:
        # A ranking learns the grade.
        each = (told[:, 0] - truth) ** 2
    return (each * weights).sum() / weights.sum()


def loaded(side):
    rows = job.rows(side)
    truth, weights = job.truth(rows), job.weights(rows)
    if not job.labels:
        truth = (truth - middle) / spread
    weights = np.ones(len(rows)) if weights is None else weights
    kind = torch.int64 if job.task == "multiclass" else torch.float32
    return [torch.tensor(columns.matrix(rows)), torch.tensor(truth, dtype=kind), torch.tensor(weights, dtype=torch.float32)]


def over_all(value):
    """The sum over the processes."""
    told = torch.tensor(float(value), device=device)
    if world > 1:
        torch.distributed.all_reduce(told)
    return told.item()


rows = job.rows("train")
columns = Columns(job, rows)
middle, spread = 0.0, 1.0
if not job.labels:
    middle, spread = float(job.truth(rows).mean()), float(job.truth(rows).std()) or 1.0
levels = torch.tensor(job.quantiles, device=device)
train, validation = ([part.to(device) for part in loaded(side)] for side in ("train", "validation"))
outputs = len(job.quantiles) or (len(job.labels) if job.task == "multiclass" else 1)
network = Network(columns, columns.matrix(rows), outputs).to(device)
optimizer = torch.optim.AdamW(network.parameters(), lr=settings["learning_rate"], weight_decay=settings["weight_decay"])
generator = torch.Generator().manual_seed(job.seed)
state = {"epoch": 0, "best": None, "best_epoch": 0, "best_loss": float("inf")}
if job.checkpoint is not None:
    saved = torch.load(job.checkpoint, map_location=device, weights_only=True)
    network.load_state_dict(saved["network"])
    optimizer.load_state_dict(saved["optimizer"])
    generator.set_state(saved["random"].cpu())
    state = saved["state"]
    if rank == 0:
        print(f"goes on from epoch {state['epoch']}")
# All draw the same order of the rows, and each takes its part of a batch.
trained = nn.parallel.DistributedDataParallel(network) if world > 1 else network
batch = max(int(settings["batch"]), world)
while state["epoch"] < settings["epochs"]:
    network.train()
    order = torch.randperm(len(train[0]), generator=generator)
    total = 0.0
    # Several stop between epochs, and together: who stops alone leaves the others waiting.
    is_stopping = over_all(job.stopping) > 0
    for start in range(0, len(order), batch):
        is_stopping = is_stopping or (world == 1 and job.stopping)
        rows_of_batch = order[start : start + batch]
        if is_stopping or len(rows_of_batch) < world:
            break
        chosen = rows_of_batch[rank::world].to(device)
        matrix, truth, weights = (part[chosen] for part in train)
        optimizer.zero_grad()
        loss = loss_of(trained(matrix), truth, weights)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(chosen)
    if is_stopping:
        break
    network.eval()
    with torch.no_grad():
        found = loss_of(network(validation[0]), *validation[1:]).item()
    state["epoch"] += 1
    total = over_all(total) / len(order)
    if found < state["best_loss"]:
        state.update(best=copy.deepcopy(network.state_dict()), best_epoch=state["epoch"], best_loss=found)
    is_over = state["epoch"] == settings["epochs"] or state["epoch"] - state["best_epoch"] >= settings["patience"]
    if rank == 0 and (state["epoch"] % settings["every"] == 0 or is_over):
        file = io.BytesIO()
        kept = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "random": generator.get_state(), "state": state}
        torch.save(kept, file)
        job.report(state["epoch"], total, found, checkpoint=file.getvalue())
    if is_over:
        break
if state["best"] is None:
    raise SystemExit("it was stopped before its first epoch ended, or its losses are no numbers")
if rank == 0:
    network.load_state_dict(state["best"])
    answer = Answer(network.cpu()).eval()
    told = torch.tensor(columns.matrix(job.rows("validation")))
    with torch.no_grad():
        predicted = answer(told).numpy()
    exported = torch.onnx.export(
        answer,
        (told[:2],),
        input_names=["matrix"],
        output_names=["probabilities" if job.labels else "values"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        opset_version=18,
        verbose=False,
    )
    job.finish(
        columns.before(exported.model_proto).SerializeToString(),
        np.sort(predicted) if job.quantiles else predicted,
        best_step=state["best_epoch"],
        parameters=sum(one.numel() for one in network.parameters()),
        provider=device.type,
    )
if world > 1:
    torch.distributed.destroy_process_group()
