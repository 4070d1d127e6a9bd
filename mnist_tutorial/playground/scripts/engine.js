/* The engine: a network that runs in the page, in a worker. To be read in this order:
   engine_windows.js, engine_sums.js, engine_pooling.js, engine_activations.js,
   engine_network.js, engine_worker.js. This file is what the worker runs;
   engine_learning.js, behind it, lets the network learn there as well:
   engine_backward.js, engine_training.js, engine_learner.js. */

import { Engine, serve } from "./engine_worker.js";

serve(new Engine());
