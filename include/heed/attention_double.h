/* SPDX-License-Identifier: MIT */
/**
 * The operator in float64. Where HEED_REAL_DOUBLE is defined before any of heed's headers is
 * included, heed_real is double in the attention headers and their functions are those below, which
 * compute in float64 throughout. libheed has both (libheed-attention float32 alone); a program may
 * use both, in different source files. Speed is that of plain loops: for checks and for studies.
 */
#ifndef HEED_ATTENTION_DOUBLE_H
#define HEED_ATTENTION_DOUBLE_H

#ifdef HEED_REAL_DOUBLE
#    define heed_attention_backward              heed_attention_backward_f64
#    define heed_attention_count                 heed_attention_count_f64
#    define heed_attention_field_at              heed_attention_field_at_f64
#    define heed_attention_forward               heed_attention_forward_f64
#    define heed_attention_lint                  heed_attention_lint_f64
#    define heed_attention_list                  heed_attention_list_f64
#    define heed_attention_merge                 heed_attention_merge_f64
#    define heed_attention_merge_backward        heed_attention_merge_backward_f64
#    define heed_attention_multiply              heed_attention_multiply_f64
#    define heed_attention_padded                heed_attention_padded_f64
#    define heed_attention_plan_begin            heed_attention_plan_begin_f64
#    define heed_attention_plan_coverage         heed_attention_plan_coverage_f64
#    define heed_attention_plan_create           heed_attention_plan_create_f64
#    define heed_attention_plan_describe         heed_attention_plan_describe_f64
#    define heed_attention_plan_destroy          heed_attention_plan_destroy_f64
#    define heed_attention_plan_extra            heed_attention_plan_extra_f64
#    define heed_attention_plan_parameter        heed_attention_plan_parameter_f64
#    define heed_attention_plan_sizes            heed_attention_plan_sizes_f64
#    define heed_attention_prepared              heed_attention_prepared_f64
#    define heed_attention_scores                heed_attention_scores_f64
#    define heed_attention_spec_destroy          heed_attention_spec_destroy_f64
#    define heed_attention_spec_parse            heed_attention_spec_parse_f64
#    define heed_attention_spec_part             heed_attention_spec_part_f64
#    define heed_attention_summarise             heed_attention_summarise_f64
#    define heed_attention_weights               heed_attention_weights_f64
#    define heed_textbook_attend                 heed_textbook_attend_f64
#    define heed_textbook_attend_backward        heed_textbook_attend_backward_f64
#    define heed_textbook_concat_linear_backward heed_textbook_concat_linear_backward_f64
#    define heed_textbook_concat_linear_forward  heed_textbook_concat_linear_forward_f64
#    define heed_textbook_heads_saved            heed_textbook_heads_saved_f64
#    define heed_textbook_mask                   heed_textbook_mask_f64
#    define heed_textbook_mask_values            heed_textbook_mask_values_f64
#    define heed_textbook_multiply               heed_textbook_multiply_f64
#    define heed_textbook_pool                   heed_textbook_pool_f64
#    define heed_textbook_pool_backward          heed_textbook_pool_backward_f64
#    define heed_textbook_softmax_backward       heed_textbook_softmax_backward_f64
#    define heed_textbook_softmax_forward        heed_textbook_softmax_forward_f64
#endif

#endif
