/** Models of the literature. */

export { alexnet } from "./alexnet.js";
export { Captioner, type CaptionerOptions, type CaptionOptions } from "./captioner.js";
export { alphabetOf, CharLSTM, type CharLSTMOptions, type GenerateOptions } from "./char-lstm.js";
export { cifarConvnet } from "./cifar-convnet.js";
export { type LeNet5Options, lenet5 } from "./lenet5.js";
export type { ClassifierOptions, LinearHeadOptions } from "./options.js";
export { QuestionAnswerer, type QuestionAnswererOptions } from "./question-answerer.js";
export { resnet18, resnet20, resnet34, resnet50 } from "./resnet.js";
export { type VggOptions, vgg11, vgg13, vgg16, vgg19 } from "./vgg.js";
