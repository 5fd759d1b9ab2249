const js = require("@eslint/js");
const globals = require("globals");

module.exports = [
  {ignores: [".local/", "node_modules/"]},
  js.configs.recommended,
  {
    files: ["**/static/**/*.js"],
    languageOptions: {ecmaVersion: 2024, sourceType: "module", globals: globals.browser},
    rules: {
      curly: "error",
      eqeqeq: ["error", "always", {null: "ignore"}],
      "no-alert": "error",
      "no-console": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", {argsIgnorePattern: "^_"}],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {files: ["**/*.cjs"], languageOptions: {sourceType: "commonjs", globals: globals.node}},
];
