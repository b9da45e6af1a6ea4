"""Did you mean: from what was written to what exists.

First the words of other frameworks, then spelling distance on names folded to lower case without underscores, with a
threshold that grows with the length. Only names that exist in the place asked about are ever suggested.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from functools import lru_cache
from math import inf

Words = Mapping[str, tuple[str, ...]]
"""From a word, folded, to what it may mean here; the first that exists is meant. Nothing: there is no such thing."""


MAX_COMPARED = 300
"""Of so many names the spelling is compared; a spec may have thousands, and as many mistakes."""


@lru_cache(8192)
def fold(name: str) -> str:
    """Drop what spelling of the same word differs in: case, underscores, hyphens, blanks."""
    return "".join(c for c in name.casefold() if c.isalnum())


def _by_word(meanings: Mapping[str, str]) -> Words:
    """Turn a table of meanings into one of words. A word in capitals counts only as it is written."""
    words: dict[str, tuple[str, ...]] = {}
    for meaning, text in meanings.items():
        for word in text.split():
            key = word if word != word.casefold() else fold(word)
            words[key] = (*words.get(key, ()), meaning) if meaning else ()
    return words


# ------------------------------------------------------------------------------------------------------------- tables

# What people write who come from PyTorch, TensorFlow 1, older Keras, Flax, Haiku, Caffe, Darknet, ONNX or papers.
# `2d` in a word or meaning stands for 1d and 3d too, and a word without it is found with any of them.
TYPE_WORDS = _by_word(
    {
        # core
        "dense": """connected densely_connected fc fclayer full_connection fully_connected fullyconnected gemm
            inner_product ip lazy_linear Linear matmul mlp nin projection time_distributed_dense""",
        "embedding": "embed embed_id embedding_bag embedding_lookup embeddings gather lookup_table word_embedding",
        "flatten": "flat flatten2d flattening ravel vectorize",
        "linear": "eye identity Identity no_op none noop pass_through passthrough skip stop_gradient",
        "permute": "permutation swapaxes transpose transpose_axes",
        "reshape": "expand_dims resize_shape squeeze unflatten unsqueeze view",
        # convolutions
        "conv2d": """atrous_conv atrous_conv2d atrous_convolution2d conv conv1x1 conv2 conv3x3 conv5x5 conv7x7
            convolution convolution2d convolve dilated_conv dilated_conv2d lazy_conv2d spatial_convolution""",
        "conv2d_transpose": """conv_transpose conv_transpose2d convolution2d_transpose convolution_transpose
            deconv deconv2d deconvolution deconvolution2d full_convolution lazy_conv_transpose2d tconv tconv2d
            transpose_conv transpose_conv2d transposed_conv transposed_conv2d up_conv upconv2d""",
        "depthwise_conv2d": """channelwise_conv depthwise depthwise_conv depthwise_convolution
            depthwise_convolution2d dw dw_conv dw_conv2d""",
        "separable_conv2d": """sep_conv sep_conv2d separable separable_conv separable_convolution
            separable_convolution2d""",
        # normalization
        "batch_normalization": """batch_normalize batchnorm batchnorm2d bn bn2d bn_layer fused_batch_norm
            instance_bn lazy_batch_norm norm spatial_batch_norm sync_batch_norm sync_batch_normalization sync_bn""",
        "group_normalization": "gn group_norm in2d instance_norm instance_norm2d instance_normalization",
        "layer_normalization": "channel_norm layer_norm layer_norm2d ln",
        "rms_normalization": "rms_layer_norm rms_norm",
        "unit_normalization": "l2_norm l2_normalization l2_normalize lp_normalization normalize",
        # pooling
        "average_pooling2d": "average_pool average_pooling avg_pool avg_pool2d avg_pooling mean_pool mean_pool2d",
        "global_average_pooling2d": """gap gap2d global_average_pool global_average_pooling global_avg_pool
            global_avg_pool2d global_avg_pooling global_pool global_pooling reduce_mean""",
        "global_max_pooling2d": "global_max_pool global_max_pool2d global_max_pooling gmp reduce_max",
        "max_pooling2d": "max_pool max_pool2d max_pooling maxpooling pool pool2d pooling pooling2d subsampling",
        # resampling
        "cropping2d": "crop crop2d cropping",
        "up_sampling2d": """bilinear_upsampling interpolate unpool unpooling upsample upsample2d upsampling
            upsampling_bilinear2d upsampling_nearest2d upscale""",
        "zero_padding2d": "constant_pad2d pad pad2d padding zero_pad zero_pad2d zero_padding",
        # merging
        "add": "elementwise_add eltwise merge plus residual_add shortcut skip_connection sum",
        "average": "mean",
        "concatenate": "cat concat concat_v2 concatenation depth_concat join route stack",
        "dot": "bmm cosine dot_product",
        "maximum": "max maxout",
        "minimum": "min",
        "multiply": "elementwise_mul mul times",
        "subtract": "minus sub",
        # attention
        "additive_attention": "bahdanau bahdanau_attention concat_attention",
        "class_token": "add_cls_token cls cls_token prepend_class_token",
        "dot_product_attention": "scaled_dot_product scaled_dot_product_attention sdpa",
        "layer_scale": "gamma_scale ls",
        "position_embedding": "learned_position_embedding learned_positional_embedding pos_embed pos_embedding wpe",
        "rotary_embedding": "apply_rotary_pos_emb ro_pe rope rotary rotary_pos_emb rotary_position_embedding",
        "sinusoidal_position_embedding": """pos_enc position_encoding positional_encoding sine_position_encoding
            sinusoidal_embedding sinusoidal_encoding sinusoidal_positional_embedding""",
        "attention": "luong luong_attention",
        "einsum_dense": "dense_general einsum tensordot",
        "group_query_attention": "gqa grouped_query_attention mqa multi_query_attention",
        "multi_head_attention": """attn causal_self_attention cross_attention masked_multi_head_attention mha mhsa msa
            multi_head multi_head_cross_attention multi_head_dot_product_attention multi_head_self_attention
            self_attention""",
        "reversible_embedding": "tied_embedding tied_embeddings",
        # recurrent layers and wrappers
        "bidirectional": "bi_directional bidir",
        "conv_lstm2d": "conv_lstm conv_lstm2d_cell conv_lstm_cell convolutional_lstm convolutional_lstm2d",
        "gru": "cu_dnn_gru cudnn_gru gated_recurrent_unit gru_cell",
        "lstm": """basic_lstm basic_lstm_cell cu_dnn_lstm cudnn_lstm long_short_term_memory lstm_block_cell lstm_cell
            optimized_lstm_cell peephole_lstm""",
        "simple_rnn": """basic_rnn basic_rnn_cell dynamic_rnn elman elman_rnn recurrent rnn rnn_cell simple_cell
            simple_rnn_cell static_rnn vanilla_rnn""",
        "spectral_normalization": "sn spectral_norm",
        "time_distributed": "for_each_step per_step",
        # regularization
        "activity_regularization": "activity_regularizer",
        "alpha_dropout": "feature_alpha_dropout",
        "dropout": "do dout drop drop_out dropblock",
        "gaussian_noise": "add_noise noise",
        "spatial_dropout2d": "channel_dropout dropout2d feature_dropout",
        "stochastic_depth": "drop_connect drop_path",
        # preprocessing
        "normalization": "Normalize standardize",
        "rescaling": "divide rescale scale",
        "category_encoding": "encode_categories multi_hot_encoding one_hot_encoding to_categorical",
        "center_crop": "center_cropping central_crop crop_center",
        "discretization": "binning bucketize bucketized_column digitize discretize",
        "hashed_crossing": "cross_hashed crossed_column feature_cross",
        "hashing": "hash hash_bucket",
        "integer_lookup": "index_lookup vocabulary_lookup",
        "masking": "mask mask_layer mask_zero",
        "mel_spectrogram": "log_mel log_mel_spectrogram mel",
        "stft_spectrogram": "short_time_fourier_transform spectrogram stft",
        # augmentation
        "auto_contrast": "random_auto_contrast",
        "contrast_limited_adaptive_histogram_equalization": "clahe",
        "random_brightness": "adjust_brightness brightness",
        "random_color_jitter": "color_jitter colour_jitter random_colour_jitter",
        "random_contrast": "adjust_contrast contrast",
        "random_elastic_transform": "elastic elastic_deformation elastic_transform",
        "random_erasing": "coarse_dropout cutout erasing random_cutout random_erase",
        "random_flip": "flip horizontal_and_vertical_flip mirror random_mirror",
        "random_gaussian_blur": "blur gaussian_blur",
        "random_grayscale": "random_gray random_greyscale",
        "random_hue": "adjust_hue hue",
        "random_invert": "invert",
        "random_perspective": "perspective",
        "random_posterization": "posterization posterize random_posterize",
        "random_rotation": "random_rotate rotate rotation",
        "random_saturation": "adjust_saturation saturation",
        "random_sharpness": "adjust_sharpness random_adjust_sharpness sharpen sharpness",
        "random_shear": "shear",
        "random_translation": "random_shift random_translate shift translate translation",
        "random_zoom": "random_scale zoom",
        "solarization": "random_solarize solarize",
        # activations
        "exponential": "exp",
        "gelu": "gelu_tanh new_gelu quick_gelu",
        "hard_shrink": "shrink",
        "hard_sigmoid": "h_sigmoid hsig",
        "hard_silu": "h_swish hard_swish hswish",
        "hard_tanh": "htanh",
        "leaky_relu": "leaky lrelu rrelu",
        "log_sigmoid": "log_sig",
        "log_softmax": "logsoftmax",
        "relu": "rectified_linear rectifier rectify relu_layer thresholded_relu",
        "sigmoid": "logistic sigm",
        "silu": "swish swish1",
        "softmax": "soft_max softmax2d softmax_loss softmax_with_loss",
        "tanh": "hyperbolic_tangent tan_h",
        # blocks
        "basic": "basic_block res resblock residual residual_block resnet_block",
        "identity": "bottleneck bottleneck_block identity_block",
        "convolutional": "conv_block convolutional_block projection_block",
        # nothing like these, though other names look near
        "": """activation adaptive_average_pool adaptive_average_pool2d adaptive_avg_pool adaptive_avg_pool2d
            adaptive_max_pool adaptive_max_pool2d aug_mix bi_gru bi_lstm bi_rnn bilinear cut_mix equalization
            equalize feed_forward feed_forward_network ffn horizontal_flip input input_layer lambda max_unpool
            max_unpool2d mix_up model module_list one_hot patch_embed patch_embedding patch_embeddings patchify
            preprocess_input random_crop random_horizontal_flip random_resized_crop random_vertical_flip
            reflection_pad2d replication_pad2d resize resize_bilinear resize_images sequential softmin string_lookup
            swiglu text_vectorization to_tensor token_and_position_embedding transformer transformer_block
            transformer_decoder transformer_decoder_layer transformer_encoder transformer_encoder_layer
            transformer_layer vertical_flip""",
    }
)

OPTION_WORDS = _by_word(
    {
        # sizes
        "units": """c c_out ch channels classes cout depth dim dims features filters hidden hidden_channels
            hidden_dim hidden_features hidden_size hidden_units n_classes n_hidden n_out n_outputs n_units
            neurons nodes num_classes num_hidden num_neurons num_nodes num_output num_outputs num_units out
            out_channels out_dim out_features out_size output output_channels output_dim output_features
            output_size outputs size unit width""",
        "filters": """c c_out ch channels cout depth dim feature_maps features filter hidden_channels hidden_dim
            kernels maps n_channels n_feature_maps n_filter n_filters n_kernels n_maps nb_filter nb_filters
            nb_kernel nf num_channels num_feature_maps num_features_out num_filter num_filters num_kernels
            num_maps num_output num_outputs out out_ch out_channels out_features out_planes output
            output_channels output_dim outputs planes units width""",
        "input_dim": """dict_size dictionary_size max_features max_words n_embeddings n_tokens n_vocab
            num_embeddings num_tokens num_words vocab vocab_size vocabulary vocabulary_size""",
        "output_dim": """d_model depth dim emb_dim emb_size embed_dim embed_size embedding_dim embedding_size
            features units""",
        "kernel_size": """f filter_shape filter_size filter_width fs k kernel kernel_dim kernel_dims kernel_h
            kernel_length kernel_shape kernel_sizes kernel_w kernel_width ks ksize kw nb_row pool_size rf size
            window window_shape window_size""",
        "pool_size": """f filter_size k kernel kernel_dim kernel_shape kernel_size ks ksize pool pool_h
            pool_length pool_shape pool_sizes pool_window pooling_size size win_size window window_shape
            window_size""",
        "f": "k kernel kernel_size ks ksize size",
        "strides": """down downsample s step steps stride stride_h stride_shape stride_size stride_w stridesize
            subsample subsample_length subsampling window_strides""",
        "s": "down downsample step stride strides subsample",
        "size": """factor ratio scale scale_factor scales stride strides up_factor upsample upsampling_factor
            upscale upscale_factor""",
        "padding": "auto_pad border_mode pad pad_type padding_type paddings pads same zero_padding",
        "cropping": "crop crop_size crops padding",
        "output_padding": "adj out_padding",
        "dilation_rate": """atrous_rate d dilation dilation_factor dilation_size dilations hole kernel_dilation
            rate rhs_dilation""",
        "groups": "cardinality feature_group_count g group n_group n_groups num_group num_groups",
        "depth_multiplier": "channel_multiplier channels_multiplier depth dm multiplier",
        "target_shape": "dims new_shape newshape out_shape output_shape shape size sizes",
        "dims": "axes axis order pattern perm permutation",
        "index": "at i idx indices offset pos position token",
        "start": "begin begins first from_index lower offset start_index",
        "stop": "end ends last stop_index until upper",
        # activations
        "activation": """act act_fn act_func act_layer activate activation_fn activation_func
            activation_function func nonlin nonlinearity output_activation""",
        "negative_slope": "a alpha leak leakage leakiness leaky neg_slope slope",
        "alpha": "a negative_slope",
        "max_value": "c cap ceiling m max max_norm max_val maximum six value",
        "threshold": "theta thresh",
        "alpha_initializer": "init initializer weight_initializer",
        "shared_axes": "axes axis shared",
        "approximate": "approx approximation tanh",
        # biases and weights
        "use_bias": """add_bias bias bias_attr bias_enabled bias_term biased biases has_bias include_bias
            include_biases qkv_bias usebias w_bias with_bias""",
        "center": "add_offset beta bias bias_term create_offset has_bias use_beta use_bias use_offset with_bias",
        "scale": "create_scale factor gain gamma has_scale mult multiplier rescale use_gamma use_scale",
        "offset": "add bias shift",
        "kernel_initializer": """init initializer kernel_init kernel_initialiser w_init w_initializer
            weight_filler weight_init weight_initializer weights_init weights_initializer""",
        "bias_initializer": "b_init b_initializer bias_filler bias_init biases_initializer init_bias",
        "kernel_regularizer": "kernel_reg reg regularizer w_reg w_regularizer weight_regularizer weights_regularizer",
        "bias_regularizer": "b_reg b_regularizer bias_reg biases_regularizer",
        "kernel_constraint": "constraint w_constraint weight_constraint weights_constraint",
        "bias_constraint": "b_constraint",
        "depthwise_initializer": "init initializer kernel_initializer w_init weight_init weights_initializer",
        "depthwise_regularizer": "kernel_regularizer regularizer w_regularizer weights_regularizer",
        "depthwise_constraint": "constraint kernel_constraint w_constraint",
        "embeddings_initializer": "embedding_init init initializer kernel_initializer weight_init weights_initializer",
        "embeddings_regularizer": "kernel_regularizer regularizer w_regularizer",
        "embeddings_constraint": "constraint kernel_constraint w_constraint",
        "gamma_initializer": "gamma_init scale_init scale_initializer weight_initializer",
        "beta_initializer": "beta_init bias_init bias_initializer offset_init",
        "trainable": "learnable requires_grad train",
        "mask_zero": "mask masking",
        # normalization
        "epsilon": """bn_eps bn_epsilon e eps epsilon_value layer_norm_eps layer_norm_epsilon ln_eps norm_eps
            rms_norm_eps variance_epsilon""",
        "momentum": "bn_momentum decay decay_rate moving_average_decay moving_average_fraction",
        "axis": """axes axis_index begin_norm_axis channel_axis channels_axis concat_axis concat_dim dim
            dimension dims feature_axis reduction_axes""",
        # attention
        "num_heads": "attention_heads h head heads n_head n_heads nhead num_attention_heads num_head number_of_heads",
        "num_query_heads": "attention_heads head heads n_head n_heads nhead num_attention_heads num_heads query_heads",
        "num_key_value_heads": """key_value_heads kv_heads n_head_kv n_kv_heads num_groups num_kv_heads
            num_query_groups""",
        "key_dim": "d_head d_k dim_head head_dim head_size size_per_head",
        "head_dim": "d_head d_k dim_head head_size key_dim size_per_head",
        "value_dim": "d_v",
        "output_shape": "features out_features out_shape output_dim output_size shape units",
        "attention_axes": "axes axis",
        "sliding_window": "attention_window local_window window window_size",
        "use_causal_mask": "autoregressive causal causal_mask is_causal is_decoder mask masked unidirectional",
        "use_gate": "gate gated",
        "use_scale": "learned_scale scale scaled",
        "score_mode": "mode score score_function score_type",
        "dropout": """attention_dropout attention_probs_dropout_prob attn_drop attn_dropout attn_pdrop drop dropout_p
            dropout_prob dropout_rate p rate""",
        "equation": "einsum einsum_equation einsum_str expression formula subscripts",
        "bias_axes": "bias_axis bias_dims bias_shape",
        "tie_weights": "tie tie_embeddings tie_word_embeddings tied tied_weights weight_tying",
        "logit_soft_cap": "final_logit_softcapping logits_soft_cap soft_cap softcap",
        "reverse": "backwards inverse reversed transpose transposed",
        "length": """block_size context_length context_size max_len max_length max_position max_position_embeddings
            max_positions max_seq_len maxlen n_ctx n_positions num_positions seq_len sequence_length""",
        "max_wavelength": "base rope_base rope_theta rotary_base theta wavelength",
        "interleaved": "interleave is_neox_style rope_interleave",
        # recurrent layers and wrappers
        "recurrent_dropout": "hidden_dropout rec_dropout state_dropout variational_dropout zoneout",
        "recurrent_activation": "gate_activation gate_fn gates_activation inner_activation recurrent_activation_fn",
        "recurrent_initializer": "hidden_initializer inner_init recurrent_init recurrent_kernel_init",
        "recurrent_regularizer": "recurrent_reg u_regularizer",
        "unit_forget_bias": "forget_bias forget_bias_init",
        "return_sequences": """all_steps full_sequence output_sequence return_all return_all_outputs return_seq
            return_sequence sequence sequences""",
        "go_backwards": "backward backwards is_reverse reverse reverse_input reversed time_reversed",
        "unroll": "unrolled unrolling",
        "merge_mode": "combine combiner merge mode output_mode reduce",
        "layer": "cell forward forward_layer forward_rnn fw inner inner_layer module rnn wrapped wrapped_layer",
        "backward_layer": "backward backward_rnn bw reverse_layer",
        "power_iterations": "iterations n_power_iterations n_steps num_iterations power_iteration steps",
        # dropout and noise
        "rate": """amount drop drop_p drop_path drop_prob drop_probability drop_rate dropout dropout_p
            dropout_prob dropout_rate dropout_ratio fraction level p p_drop percent prob probability ratio""",
        "stddev": "scale sd sigma standard_deviation std stdev",
        "seed": "random_seed random_state rng",
        "gain": "factor scale",
        "l1": "alpha c factor lambda lambda1 lasso strength value wd weight",
        "l2": "alpha c factor lambda lambda2 ridge strength value wd weight",
        # others
        "interpolation": """interp interpolate interpolation_method interpolation_mode method mode resample
            upsample_mode""",
        "dtype": "data_type dtypes precision",
        "output_size": "out_size output_shape shape size target_shape target_size",
        "n": "copies count num repeat repeats repetitions times",
        "mask_value": "mask mask_token pad_value padding_value value",
        # images, categories and sounds
        "height": "h image_height img_height out_height target_height",
        "width": "image_width img_width out_width target_width w",
        "fill_mode": "border_mode mode",
        "fill_value": "constant_values cval fill pad_value value",
        "mode": "axis direction",
        "initial_value": "gamma gamma_init init init_value init_values layer_scale_init_value",
        "value_range": "bounds data_range range",
        "factor": "amount delta magnitude max_delta p prob probability strength",
        "height_factor": "factor height_range height_shift height_shift_range vertical zoom_range",
        "width_factor": "horizontal width_range width_shift width_shift_range",
        "num_tokens": "depth max_tokens num_categories num_classes vocab_size vocabulary_size",
        "bin_boundaries": "bins boundaries buckets edges",
        "num_bins": "bins buckets hash_bucket_size num_buckets",
        "vocabulary": "ids tokens vocab vocabulary_list words",
        "frame_length": "frame_size win_length window_length window_size",
        "frame_step": "frame_stride hop hop_length hop_size stride",
        "fft_length": "fft_size n_fft nfft",
        "sequence_length": "frame_length win_length window_length",
        "sequence_stride": "frame_step hop hop_length hop_size stride",
        "sampling_rate": "fs sample_rate sr",
        "num_mel_bins": "mel_bins n_mels num_mels",
        "min_freq": "f_min fmin lower_edge_hertz",
        "max_freq": "f_max fmax upper_edge_hertz",
        # keys of every node
        "name": "id label layer_name scope top var_scope",
        "from": "bottom bottoms froms in input inputs source sources src",
        "repeat": """copies count depths layer_repeat layers n num num_blocks num_layers num_repeats number repeats
            repetitions times""",
        "when": "active cond condition enable enabled if on only_if",
    }
)

# What can't be renamed: it makes no sense here, or the value changes with the name.
OPTION_NOTES: Mapping[str, str] = {
    fold(word): note
    for words, note in {
        "data_format dim_ordering image_data_format": "channels always come last; leave it out",
        "batch_input_shape batch_shape input_shape": "the shape follows from what flows in; leave it out",
        "input_dim input_length input_size n_in n_inputs num_inputs": (
            "the number of inputs follows from what flows in; leave it out"
        ),
        "c_in in_ch in_channels in_planes input_channels num_channels_in": (
            "the number of channels follows from what flows in; leave it out"
        ),
        "in_features input_features num_features": "the number of features follows from what flows in; leave it out",
        "inplace in_place": "nothing is changed in place; leave it out",
        "deterministic is_test is_training test_mode training use_running_average": (
            "whether it trains is said when the model runs; leave it out"
        ),
        "track_running_stats updates_collections": "running means are always kept; leave it out",
        "flash_attention fused implementation renorm use_flash_attention virtual_batch_size": (
            "Keras decides how it is computed; leave it out"
        ),
        "device feature_dtype param_dtype use_cudnn": "this is not part of an architecture; leave it out",
        "angle degrees max_angle": "write factor, as a part of a full turn: 36 degrees are 0.1",
        "batch_first": "the batch always comes first; leave it out",
        "attention_mask attn_mask key_padding_mask": (
            "write use_causal_mask: true for a causal mask; padding is masked by an embedding with mask_zero: true"
        ),
        "add_bias_kv add_zero_attn": "Keras has no such steps; leave it out",
        "kdim vdim": "the features of key and value follow from what flows in; leave it out",
        "stateful": "a state that outlives a batch needs a batch of fixed size, which no spec has; leave it out",
        "return_state": "a layer gives one tensor, its output, and keeps its state to itself; leave it out",
        "bidir bidirectional": "wrap the layer: {type: bidirectional, layer: {type: lstm, units: 64}}",
        "time_major": "the batch always comes first, then the steps; leave it out",
        "go_backwards return_sequences": "lstm, gru and simple_rnn have it; in a wrapper, the layer inside",
        "initial_state initial_states": "states flow in as further inputs: write from: {sequence: …, initial_state: …}",
        "reuse": "{share: NAME} calls a layer again with the same weights; leave it out",
        "padding_mode": "padding is always with zeros; leave it out",
        "ceil_mode": "sizes are rounded down; padding: same rounds them up",
        "count_include_pad divisor_override exclusive": "padding never counts in an average; leave it out",
        "need_weights output_attentions return_attention_scores return_indices return_mask": (
            "a layer gives one tensor; leave it out"
        ),
        "end_axis end_dim start_axis start_dim": "all axes but the batch are laid flat; leave it out",
        "align_corners antialias half_pixel_centers recompute_scale_factor": (
            "pixels are seen as areas, as Keras does; leave it out"
        ),
        "proj_size projection_size": "a projection is a node of its own: - {type: dense, units: 32} after the layer",
        "spectral_norm use_spectral_norm": (
            "wrap the layer: {type: spectral_normalization, layer: {type: conv2d, filters: 16, kernel_size: 3}}"
        ),
        "tie_to tied_to tied_with": (
            "name a reversible_embedding, and write {share: NAME, reverse: true} in the place of this node"
        ),
        "context encoder_hidden_states encoder_output encoder_outputs hidden_states memory query": (
            "tensors flow in by from: write from: {query: …, value: …}"
        ),
        "affine elementwise_affine": "write center and scale, each true or false",
        "normalized_shape": "write axis, the axis or axes to normalize; the last one is the default",
        "keep_prob keep_probability keep_rate survival_prob survival_probability survival_rate": (
            "write rate, the fraction that is dropped: 1 minus what is kept"
        ),
        "no_bias": "write use_bias: false",
        "freeze frozen": "write trainable: false",
        "padding_idx": "write mask_zero: true, so that 0 means that there is nothing",
        "batch_norm batch_normalize batch_normalization bn norm normalizer_fn normalization use_bn": (
            "normalization is a node of its own: - batch_normalization"
        ),
        "activation": "an activation is a node of its own: - relu, for example",
        "kernel_decay l2 l2_reg l2_regularization weight_decay": "write kernel_regularizer: {type: l2, l2: 0.0001}",
        "l1 l1_reg l1_regularization": "write kernel_regularizer: {type: l1, l1: 0.0001}",
        "num_parameters": "write shared_axes: [1, 2] for one factor a channel of an image",
        "comment desc description doc help note notes": "what a node is for stands in a comment: # …; leave it out",
        "checkpoint pretrained weights": "weights are no part of a node; leave it out",
        "learning_rate loss lr lr_mult metrics optimizer": "training is no part of an architecture; leave it out",
    }.items()
    for word in words.split()
}

# The same for options of one type, which may be good ones of others.
OPTION_NOTES_BY_TYPE: Mapping[str, Mapping[str, str]] = {
    type_name: {fold(word): note for words, note in notes.items() for word in words.split()}
    for type_name, notes in {
        "multi_head_attention": {
            "d_model embed_dim hidden_dim hidden_size model_dim qkv_features units": (
                "write key_dim, the size of one head: the features divided by num_heads"
            )
        },
        "normalization": {"std stddev": "write variance, the square of the standard deviation"},
        "random_flip": {
            "horizontal": "write mode: horizontal",
            "vertical": "write mode: vertical",
            "p prob probability rate": "half of the images are flipped; leave it out",
        },
        "center_crop": {"crop_size output_size size target_size": "write height and width, one number each"},
        "resizing": {"output_size shape size target_size": "write height and width, one number each"},
    }.items()
}

# Values of an option that people write otherwise; an empty word stands for any other value.
VALUE_NOTES: Mapping[tuple[str, str], Mapping[str, str]] = {
    option: {fold(word): note for words, note in notes.items() for word in words.split() or [""]}
    for option, notes in {
        ("attention", "score_mode"): {
            "scaled scaled_dot scaled_dot_product": "write score_mode: dot, and use_scale: true for a learned factor",
            "additive bahdanau": "write score_mode: concat, or use additive_attention",
            "luong multiplicative": "write score_mode: dot",
        },
        ("bidirectional", "merge_mode"): {
            "add": "write merge_mode: sum",
            "multiply product": "write merge_mode: mul",
            "average avg mean": "write merge_mode: ave",
            "concatenate cat": "write merge_mode: concat",
        },
        ("gelu", "approximate"): {"tanh": "write approximate: true", "none exact": "write approximate: false"},
        ("random_rotation", "factor"): {"": "a whole turn is 1: divide degrees by 360"},
    }.items()
}

# What is no type, and why.
TYPE_NOTES: Mapping[str, str] = {
    fold(word): note
    for words, note in {
        "activation": "write the activation itself as the type: {type: relu}, or - relu",
        "bi_gru bi_lstm bi_rnn": "write {type: bidirectional, layer: {type: lstm, units: 64}}",
        "aug_mix cut_mix mix_up": "mix the images before they come in; rand_augment changes each of them alone",
        "equalization equalize": "write auto_contrast, or contrast_limited_adaptive_histogram_equalization",
        "horizontal_flip random_horizontal_flip": "write {type: random_flip, mode: horizontal}",
        "random_vertical_flip vertical_flip": "write {type: random_flip, mode: vertical}",
        "one_hot": "write {type: category_encoding, num_tokens: 10, output_mode: one_hot}",
        "random_crop random_resized_crop": (
            "Keras's layer crops only in training; crop images before they come in, or write center_crop"
        ),
        "resize resize_bilinear resize_images": (
            "write up_sampling2d with the factor as its size, or resizing with a height and width"
        ),
        "string_lookup text_vectorization": "tensors hold numbers; look texts up before they come in",
        "lambda": "a spec holds no code; write the layers that do it, or register a block in Python",
        "feed_forward feed_forward_network ffn": (
            "write two dense layers, the first with an activation, or take the block of specs/zoo: "
            "use: [blocks/transformer.yaml]"
        ),
        "patch_embed patch_embedding patch_embeddings patchify": (
            "write conv2d with the patch as its kernel_size and strides, then {type: reshape, target_shape: [-1, 768]}"
        ),
        "preprocess_input": "write rescaling with scale and offset, or normalization with mean and variance",
        "swiglu": (
            "write two branches of dense, one with activation: silu, and merge: multiply, or take the block of "
            "specs/zoo: use: [blocks/transformer.yaml]"
        ),
        "to_tensor": "write {type: rescaling, scale: $(1 / 255)}; the channels stay last",
        "token_and_position_embedding": "write embedding, and position_embedding after it",
        """transformer transformer_block transformer_decoder transformer_decoder_layer transformer_encoder
        transformer_encoder_layer transformer_layer""": (
            "write multi_head_attention and dense in branches with merge: add, or take the block of specs/zoo: "
            "use: [blocks/transformer.yaml]"
        ),
        "module_list model sequential": "write {nodes: […]} for nodes that belong together",
    }.items()
    for word in words.split()
} | {
    fold(f"adaptive_{word}_pool{axes}"): (
        f"write global_{kind}_pooling{axes or '2d'} for one value a channel, "
        f"or adaptive_{kind}_pooling{axes or '2d'} with its output_size"
    )
    for kind, words in {"average": "average avg", "max": "max"}.items()
    for word in words.split()
    for axes in ("1d", "2d", "3d", "")
}

# Types whose name means something else to some who write it.
MISTAKEN_TYPES: Mapping[str, str] = {
    "bidirectional": "bidirectional wraps a recurrent layer: write layer: {type: lstm, units: 64}",
    "normalization": (
        "normalization takes a mean and a variance, the square of the standard deviation, that are known before; "
        "batch_normalization learns them"
    ),
    "identity": "identity is a residual block: Keras's Identity is called linear",
    "time_distributed": "time_distributed wraps a layer: write layer: {type: dense, units: 64}",
    "convolutional": "convolutional is a residual block: a plain convolution is conv2d",
}

OBJECT_WORDS = _by_word(
    {
        # initializers
        "constant": "const constant_value fill filled full value",
        "glorot_normal": "xavier_normal",
        "glorot_uniform": "glorot xavier xavier_init xavier_uniform",
        "he_normal": "he he_init kaiming kaiming_init kaiming_normal msra msra_fill msra_filler",
        "he_uniform": "kaiming_uniform",
        "identity": "dirac eye",
        "lecun_normal": "lecun selu_init",
        "ones": "one unit",
        "orthogonal": "ortho orthonormal",
        "random_normal": "gauss gaussian normal normal_distribution randn",
        "random_uniform": "rand random unif uniform",
        "truncated_normal": "tnormal trunc_normal truncated",
        "variance_scaling": "fan_in fan_out scaled",
        "zeros": "none null zero",
        # regularizers
        "l1": "lasso",
        "l1_l2": "elastic elastic_net elasticnet l1_and_l2 l1l2",
        "l2": "decay frobenius ridge tikhonov weight_decay",
        "orthogonal_regularizer": "ortho orthogonal",
        # constraints
        "max_norm": "clip clip_norm maxnorm norm_clip",
        "min_max_norm": "norm_range",
        "non_neg": "non_negative nonneg nonnegative positive",
        "unit_norm": "normalize normalized unit weight_norm",
    }
)

# What people call the inputs of attention and of recurrent layers.
INPUT_WORDS = _by_word(
    {
        "query": "decoder q queries target",
        "value": "context encoder key_value kv memory source v values",
        "key": "k keys",
        "sequence": "input inputs x",
        "initial_state": "h h0 hidden initial_states state",
        "hidden_state": "h h0 hidden initial_hidden",
        "cell_state": "c c0 cell initial_cell",
    }
)

KEY_WORDS = _by_word(
    {
        # of a spec
        "netspec": "format schema spec spec_version version",
        "name": "id label model model_name title",
        "description": "about comment comments desc doc notes summary",
        "extends": "_base_ base based_on extend from_file inherit inherits parent template",
        "set": "changes edit edits override overrides patch",
        "use": "blocks_from import imports include includes libraries library uses",
        "params": "args arguments attributes inputs n_params num_params options parameters total_params weights",
        "vars": "const constants hyper_parameters hyperparameters parameters params var variables",
        "defaults": "default default_options global globals",
        "input": "data image in input_layer input_shape input_size inputs shape",
        "inputs": "data in input input_layers",
        "padding": "pad zero_padding",
        "blocks": "block custom_blocks macros modules",
        "stages": "architecture backbone body features layers model network nodes sections stage trunk",
        "head": """architecture backbone body classification_head classifier features heads layers model network nodes
            sequential top""",
        "outputs": "out output",
        "budget": "budgets constraints limit limits max maximum",
        "weights": "checkpoint pretrained",
        # of an input
        "shape": "dim dimensions dims input_shape input_size resolution size",
        "dtype": "data_type precision type",
        # of a budget
        "trainable_params": "trainable trainable_parameters trainable_weights",
        "macs": "flops gflops gmacs madd madds mult_adds multadds operations ops",
        "activation_memory": "activations memory peak_memory ram",
        "layers": "depth layer_count max_layers n_layers num_layers",
        # of a block and its params
        "nodes": "body content graph layers modules sequence sequential steps",
        "minimum": "above at_least exclusive_minimum ge low lower min min_value",
        "maximum": "at_most below exclusive_maximum high le max max_value upper",
        "minItems": "min_items min_len min_length minlength",
        "maxItems": "length max_items max_len max_length maxlength",
        "enum": "choices literal one_of options values",
        "items": "elements item item_type",
        "default": "optional required value",
        "type": "class class_name kind layer layer_type module op operation operator types",
        # of a node
        "from": "bottom froms in input inputs source sources src",
        "repeat": "copies count depth n num num_repeats number repeats repetitions times",
        "when": "active cond condition enable enabled if on only_if",
        "branches": "branch parallel paths split",
        "merge": "aggregate combine fuse fusion join merge_mode mode reduce",
        "share": "call ref reuse same_as share_weights shared shared_with weights_from",
        # of a shared call
        "reverse": "backward backwards inverse reversed transpose transposed",
        "use_causal_mask": "autoregressive causal causal_mask is_causal",
    }
)

# By a key as written, folded, and the key that is meant: where more has to change than the name.
KEY_NOTES: Mapping[tuple[str, str | None], str] = {
    ("inputshape", "input"): "write input: {shape: [height, width, channels]}",
    ("inputsize", "input"): "write input: {shape: [height, width, channels]}",
    ("shape", "input"): "write input: {shape: [height, width, channels]}",
    ("pretrained", "weights"): "write weights: {keras_application: ResNet50}, and build it with --weights imagenet",
    ("includetop", None): "write head: null in a variant, which leaves the head out, or a head of your own",
    ("classes", None): "write vars: {classes: 10} for a variable of that name",
    ("numclasses", None): "write vars: {num_classes: 10} for a variable of that name",
}


# ------------------------------------------------------------------------------------------------------------- search


def nearest(name: str, existing: Iterable[str], words: Words | None = None, *, guess: bool = True) -> str | None:
    """Find what ``name`` was meant to be among the ``existing`` names, or None where nothing is near enough.

    Without ``guess`` it has to be one of them spelt in another way, or a word that is known to mean it.
    With ``words`` it is a word of a vocabulary, so ``nn.Conv2d`` and ``relu()`` count as Conv2d and relu.
    """
    return _nearest(name, tuple(existing), words, guess)


def _nearest(name: str, existing: tuple[str, ...], words: Words | None, guess: bool) -> str | None:
    key = (name, existing, id(words), guess)
    if key not in _FOUND:
        if len(_FOUND) >= MAX_REMEMBERED:
            _FOUND.clear()
        _FOUND[key] = _search(name, existing, words, guess)
    return _FOUND[key]


# One mistake asks several times what was meant: to say it, and to go on with it.
_FOUND: dict[tuple[str, tuple[str, ...], int, bool], str | None] = {}
MAX_REMEMBERED = 64


def _search(name: str, existing: tuple[str, ...], words: Words | None, guess: bool) -> str | None:
    # Where spelling can't decide between 1d, 2d and 3d, the first stands: most networks look at images.
    folded = {fold(candidate): candidate for candidate in sorted(existing, key=lambda name: "2d" not in name)}
    if words:
        name = name.partition("(")[0].strip().rpartition(".")[2]
    else:
        words = {}
    wanted = fold(name)[:80]
    for word, axes in _spellings(name, wanted):
        if word in folded and name not in words:
            return folded[word]
        if word in words:
            meanings = [fold(meaning).replace("2d", axes) for meaning in words[word]]
            meant = next((folded[meaning] for meaning in meanings if meaning in folded), None)
            if meant or not meanings:
                return meant
    if not guess:
        return None
    # A short name needs to be nearly right; in a long one a few wrong letters still leave no doubt.
    threshold = 0.75 if len(wanted) <= 4 else 0.7
    best, best_ratio = None, (threshold, -inf)
    alike = [key for key in folded if 2 * min(len(key), len(wanted)) >= threshold * (len(key) + len(wanted))]
    if len(alike) > MAX_COMPARED:
        alike = [key for key in alike if key[:1] == wanted[:1]][:MAX_COMPARED]
    for key in alike:
        ratio = SequenceMatcher(None, wanted, key).ratio(), -abs(_number(key) - _number(wanted))
        if ratio > best_ratio:
            best, best_ratio = folded[key], ratio
    return best


def _number(name: str) -> int:
    """The number at the end of a name: of names that are equally near, stage5 is nearer to stage6 than stage1."""
    digits = re.search(r"[0-9]*\Z", name[-9:])
    return int(digits[0] or 0) if digits else 0


def _spellings(name: str, wanted: str) -> Iterator[tuple[str, str]]:
    """Yield the words under which a name may stand in a table, and what `2d` stands for in their meanings."""
    wanted = wanted.removesuffix("layer") or wanted
    found = re.search("[123]d", wanted)
    axes = found[0] if found else "2d"
    for word in (name, wanted, wanted.replace(axes, "2d"), wanted.replace(axes, "")):
        yield word, axes
