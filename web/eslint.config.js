import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules", "**/dist", "client/src/schema.ts", "public"] },
  {
    files: ["src/**/*.{ts,tsx}", "client/src/**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    plugins: { "react-hooks": reactHooks },
    languageOptions: { parserOptions: { project: "./tsconfig.app.json" } },
    rules: {
      ...reactHooks.configs.recommended.rules,
      // Nothing is compiled by React's compiler, which is what this warns of.
      "react-hooks/incompatible-library": "off",
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-misused-promises": [
        "error",
        { checksVoidReturn: { attributes: false } },
      ],
      "@typescript-eslint/no-non-null-assertion": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "CallExpression[callee.name='parseFloat'], MemberExpression[object.name='Number'][property.name='parseFloat']",
          message: "Money is no float: use lib/money.",
        },
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "What users name is text, never HTML.",
        },
      ],
    },
  },
  {
    files: ["**/*.test.{ts,tsx}"],
    // What a function under test is given is looked at as it is.
    rules: { "@typescript-eslint/unbound-method": "off" },
  },
);
