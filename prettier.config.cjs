// OCA's settings. NODE_PATH leads to the plugin (scripts/lint keeps node_modules in .local).
module.exports = {
  bracketSpacing: false,
  printWidth: 100,
  tabWidth: 4,
  proseWrap: "preserve",
  trailingComma: "es5",
  plugins: [require.resolve("@prettier/plugin-xml")],
  xmlWhitespaceSensitivity: "strict",
  xmlSelfClosingSpace: true,
  overrides: [
    {files: ["*.yml", "*.yaml", "*.json", "*.css", "*.scss", "*.cjs"], options: {tabWidth: 2}},
  ],
};
